// Telegram's text with entities as nodes. Offsets count UTF-16 units, as JavaScript's strings do.

import { element } from "./dom.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const SAFE_LINK = /^(https?:|mailto:|tel:)/i;

/** The text as a fragment; `onCommand` is called with a command that is clicked. */
export function richText(text, entities = [], onCommand = null) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fragment = document.createDocumentFragment();
  fill(fragment, text, 0, text.length, ordered, onCommand);
  return fragment;
}

function fill(parent, text, start, end, entities, onCommand) {
  let at = start;
  let rest = entities;
  while (rest.length) {
    const [first, ...others] = rest;
    const stop = Math.min(first.offset + first.length, end);
    if (first.offset < at || first.offset >= end) {
      rest = others;
      continue;
    }
    parent.append(text.slice(at, first.offset));
    const inside = others.filter((one) => one.offset < stop);
    const node = marked(first, text.slice(first.offset, stop), onCommand);
    fill(node, text, first.offset, stop, inside, onCommand);
    parent.append(node);
    at = stop;
    rest = others.filter((one) => one.offset >= stop);
  }
  parent.append(text.slice(at, end));
}

function marked(entity, words, onCommand) {
  switch (entity.type) {
    case "text_link":
      return link(entity.url);
    case "url":
      return link(/^https?:/i.test(words) ? words : `http://${words}`);
    case "email":
      return link(`mailto:${words}`);
    case "bot_command":
      return onCommand
        ? element("button.command", { type: "button", onclick: () => onCommand(words) })
        : element("span");
    case "spoiler":
      return element("span.spoiler", {
        tabindex: "0",
        onclick: reveal,
        onkeydown: (event) => event.key === "Enter" && reveal(event),
      });
    default:
      return element(TAGS[entity.type] ?? "span");
  }
}

function reveal(event) {
  event.currentTarget.classList.add("shown");
}

function link(address) {
  if (!SAFE_LINK.test(address)) return element("span");
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" });
}
