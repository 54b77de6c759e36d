// One message as a list item.

import { button, element, icon } from "./dom.js";
import { richText } from "./text.js";
import { pageLanguage, word } from "./words.js";

const ZONE = "Europe/Helsinki";

export function clock(seconds) {
  const form = { hour: "2-digit", minute: "2-digit", timeZone: ZONE };
  return new Date(seconds * 1000).toLocaleTimeString(pageLanguage(), form);
}

export function day(seconds) {
  const date = new Date(seconds * 1000);
  const form = { day: "numeric", month: "long", timeZone: ZONE };
  const written = date.toLocaleDateString(pageLanguage(), form);
  return written === new Date().toLocaleDateString(pageLanguage(), form) ? word("today") : written;
}

/** What a message says, in a few words without marks. */
export function gist(message) {
  const words = message.text ?? message.caption;
  if (words) return words;
  for (const kind of ["photo", "sticker", "video", "voice"]) {
    if (message[kind]) return word(kind);
  }
  if (message.location) return word("place");
  return message.document?.file_name ?? message.audio?.file_name ?? serviceWords(message);
}

/** Whether it is Telegram that speaks, not a person or the bot. */
export function isService(message) {
  return !CONTENT.some((kind) => message[kind]);
}

function serviceWords(message) {
  const name = message.from.first_name;
  if (message.forum_topic_created) {
    return word("service_created", { name: message.forum_topic_created.name });
  }
  if (message.forum_topic_edited) {
    return word("service_edited", { name: message.forum_topic_edited.name ?? "" });
  }
  if (message.forum_topic_closed) return word("service_closed", { name });
  if (message.forum_topic_reopened) return word("service_reopened", { name });
  if (message.pinned_message) return word("service_pinned", { name });
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return word("service_migrated");
  return word("service_other");
}

const CONTENT = [
  "text", "photo", "document", "voice", "sticker", "video", "video_note", "audio", "animation",
  "location",
];

/**
 * The message as the viewer sees it.
 *
 * @param {object} message Telegram's Message.
 * @param {object} seen What surrounds it: `viewer` (user id), `named` (show who wrote),
 *   `reactions`, and the functions `onTap(button, node)`, `onCommand(text)`, `onReply()`, `onEdit()`.
 */
export function messageItem(message, seen) {
  const item = element("li", { "data-id": message.message_id });
  if (isService(message)) {
    item.className = "service";
    item.append(element("span", {}, serviceWords(message)));
    return item;
  }
  const own = message.from.id === seen.viewer;
  item.className = own ? "own" : "other";
  const bubble = element("div.bubble", { onclick: () => item.classList.toggle("touched") });
  if (seen.named && !own) bubble.append(author(message.from));
  if (message.forward_origin) bubble.append(forwarded(message.forward_origin));
  const answered = message.reply_to_message;
  if (answered && !answered.forum_topic_created) bubble.append(quoted(answered));
  bubble.append(...media(message));
  const words = message.text ?? message.caption;
  if (words) {
    const entities = message.entities ?? message.caption_entities;
    bubble.append(element("div.text", {}, richText(words, entities, seen.onCommand)));
  }
  bubble.append(footer(message, own, seen));
  item.append(bubble);
  if (message.reply_markup?.inline_keyboard) {
    item.append(inlineKeyboard(message.reply_markup.inline_keyboard, seen.onTap));
  }
  if (seen.reactions?.length) {
    const emoji = seen.reactions.map((one) => one.emoji).join("");
    item.append(element("span.reaction", {}, emoji));
  }
  return item;
}

function author(user) {
  const name = [user.first_name, user.last_name].filter(Boolean).join(" ");
  return element(user.is_bot ? "span.author.bot" : "span.author", {}, name);
}

function forwarded(origin) {
  return element("span.forwarded", {}, word("forwarded", { name: origin.sender_user.first_name }));
}

function quoted(message) {
  return element(
    "blockquote.quoted", {}, element("b", {}, message.from.first_name), element("span", {}, gist(message)),
  );
}

function footer(message, own, seen) {
  const actions = element("span.actions", {}, button(word("reply"), seen.onReply));
  if (own && (message.text || message.caption)) {
    actions.append(button(word("edit"), seen.onEdit));
  }
  const time = element(
    "time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date),
  );
  return element("div.foot", {}, actions, message.edit_date ? `${word("edited")} ` : "", time);
}

function inlineKeyboard(rows, onTap) {
  const box = element("div.inline");
  for (const row of rows) {
    const line = element("div");
    for (const one of row) {
      const node = button(one.text, () => onTap(one, node));
      if (one.style) node.dataset.style = one.style;
      if (one.url) node.append(icon("out"));
      line.append(node);
    }
    box.append(line);
  }
  return box;
}

function fileAddress(file) {
  return `/sandbox/files/${encodeURIComponent(file.file_id)}`;
}

function media(message) {
  if (message.photo) {
    const picture = message.photo.at(-1);
    const alt = message.caption ?? word("photo");
    return [element("img.photo", { src: fileAddress(picture), alt, loading: "lazy" })];
  }
  if (message.sticker) {
    return [element("img.sticker", { src: fileAddress(message.sticker), alt: word("sticker") })];
  }
  const moving = message.video ?? message.animation ?? message.video_note;
  if (moving) {
    return [element("video", { src: fileAddress(moving), controls: true, "aria-label": word("video") })];
  }
  if (message.voice) {
    return [
      element("audio", { src: fileAddress(message.voice), controls: true, "aria-label": word("voice") }),
    ];
  }
  const file = message.document ?? message.audio;
  if (file) return [fileCard(file)];
  if (message.location) return [placeCard(message.location)];
  return [];
}

function fileCard(file) {
  const size = file.file_size < 1024 ? `${file.file_size} B` : `${Math.ceil(file.file_size / 1024)} kB`;
  return element(
    "a.file",
    { href: fileAddress(file), download: file.file_name },
    icon("file"),
    element("span", {}, element("b", {}, file.file_name), element("small", {}, `${word("save")} · ${size}`)),
  );
}

function placeCard({ latitude, longitude }) {
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=13/${latitude}/${longitude}`;
  return element(
    "a.place",
    { href: map, target: "_blank", rel: "noopener noreferrer" },
    element("span.map", { "aria-hidden": "true" }, icon("place")),
    element("b", {}, `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`),
    element("small", {}, word("open_map")),
  );
}
