// The page: a phone where you are a resident, beside it the moderators' group.

import { arrowKeys, button, element, icon } from "./dom.js";
import { gist, isService } from "./message.js";
import { Pane } from "./pane.js";
import { act } from "./people.js";
import { pageLanguage, setPageLanguage, translate, word } from "./words.js";

const FIRST_RESIDENT = 1001;
const LANGUAGES = { fi: "Suomi", en: "English" };
const PLACES = {
  place_jyvaskyla: { latitude: 62.2426, longitude: 25.7473 },
  place_aanekoski: { latitude: 62.6045, longitude: 25.7275 },
  place_saarijarvi: { latitude: 62.7052, longitude: 25.2553 },
  place_viitasaari: { latitude: 63.0666, longitude: 25.8598 },
};

const world = {
  bot: { first_name: "Seura" },
  description: {},
  chats: new Map(),
  group: null, // the group's chat id
  residents: [FIRST_RESIDENT],
  languages: new Map(), // of residents' phones
  writer: null, // the moderator who writes
  newest: new Map(), // newest message seen, by chat and topic
};

const byId = (id) => document.getElementById(id);
const place = (chatId, thread) => `${chatId}/${thread ?? ""}`;

const phone = new Pane(byId("phone-pane"), FIRST_RESIDENT, {
  chat: (id) => world.chats.get(id),
  person: () => resident(phone?.chatId ?? FIRST_RESIDENT),
  seen: (id) => see(phone, id),
  banner: (id) => (world.chats.get(id)?.blocked ? blockedBanner(id) : null),
  empty: emptyPhone,
  head: phoneHead,
  askPlace,
  alert: showAlert,
});

const group = new Pane(byId("group-pane"), 0, {
  chat: (id) => world.chats.get(id),
  person: () => ({ user_id: world.writer }),
  seen: (id) => see(group, id),
  banner: (id, thread) => (topicOf(thread)?.closed ? closedBanner(thread) : null),
  empty: () => [element("p", {}, word("topic_empty"))],
  head: groupHead,
  askPlace,
  alert: showAlert,
});

// What the server tells

const EVENTS = {
  everything(event) {
    world.bot = event.bot;
    world.description = event.description;
    world.group = event.moderator_chat;
    byId("console").hidden = !event.console;
    if (event.console) byId("console").href = "/console";
    world.chats = new Map(event.chats.map((state) => [state.chat.id, chatState(state)]));
    const moderators = moderatorsOf();
    world.writer = moderators.find((one) => one.id === world.writer)?.id ?? moderators[0]?.id;
    for (const id of world.chats.keys()) meet(id);
    phone.open(phone.chatId);
    group.open(world.group, topicOf(group.thread) ? group.thread : null);
    drawAround();
  },
  message({ chat_id, message, keyboard }) {
    if (!world.chats.has(chat_id)) {
      world.chats.set(chat_id, chatState({ chat: message.chat, messages: [] }));
      meet(chat_id);
    }
    const chat = world.chats.get(chat_id);
    chat.messages.set(message.message_id, message);
    chat.keyboard = keyboard;
    for (const pane of panesOf(chat_id)) if (pane.holds(message)) pane.update(message);
  },
  deleted({ chat_id, message_ids, pinned }) {
    const chat = world.chats.get(chat_id);
    for (const id of message_ids) chat.messages.delete(id);
    chat.pinned = pinned;
    for (const pane of panesOf(chat_id)) pane.remove(message_ids);
  },
  topics({ chat_id, topics }) {
    world.chats.get(chat_id).topics = topics;
    if (group.thread && !topicOf(group.thread)) group.open(world.group);
    else group.drawMenus();
    group.drawBelow();
  },
  chat({ chat_id, kind, ...facts }) {
    if (facts.chat) world.chats.set(chat_id, chatState(facts));
    else Object.assign(world.chats.get(chat_id) ?? {}, facts);
    for (const pane of panesOf(chat_id)) pane.drawBelow();
  },
  action({ chat_id, message_thread_id, action }) {
    for (const pane of panesOf(chat_id)) {
      if (pane.thread === message_thread_id) pane.typing(action);
    }
  },
  callback(event) {
    for (const pane of panesOf(event.chat_id)) {
      if (pane.hooks.person().user_id === event.user_id) pane.answered(event);
    }
  },
  reactions({ chat_id, message_id, reactions }) {
    const chat = world.chats.get(chat_id);
    chat.reactions[message_id] = reactions;
    const message = chat.messages.get(message_id);
    for (const pane of panesOf(chat_id)) if (pane.holds(message)) pane.update(message);
  },
  commands() {
    phone.loadCommands();
    group.loadCommands();
  },
  bot({ bot, description }) {
    Object.assign(world, { bot, description });
    phone.rebuild();
  },
};

function chatState({ messages, ...state }) {
  return {
    topics: [],
    pinned: [],
    members: [],
    keyboard: null,
    blocked: false,
    reactions: {},
    ...state,
    messages: new Map(messages.map((one) => [one.message_id, one])),
  };
}

function listen() {
  const stream = new EventSource("/sandbox/events");
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    EVENTS[event.kind](event);
    if (event.kind !== "action") drawAround();
  };
  stream.onopen = () => (byId("connection").hidden = true);
  stream.onerror = () => (byId("connection").hidden = false);
}

function panesOf(chatId) {
  return [phone, group].filter((pane) => pane.chatId === chatId);
}

// People

function moderatorsOf() {
  return world.chats.get(world.group)?.members ?? [];
}

function meet(chatId) {
  const moderator = moderatorsOf().some((one) => one.id === chatId);
  if (chatId > 0 && !moderator && !world.residents.includes(chatId)) world.residents.push(chatId);
}

function resident(id) {
  return { user_id: id, language_code: languageOf(id) };
}

function languageOf(id) {
  const own = [...(world.chats.get(id)?.messages.values() ?? [])].findLast((one) => one.from.id === id);
  return world.languages.get(id) ?? own?.from.language_code ?? "fi";
}

function residentName(id) {
  return world.chats.get(id)?.chat.first_name ?? word("resident", { id });
}

// What has been seen

function see(pane, id) {
  if (isShown(pane)) world.newest.set(place(pane.chatId, pane.thread), id);
}

function isShown(pane) {
  return pane.root.offsetParent !== null;
}

function hasNews(chatId, thread, viewer) {
  const seen = world.newest.get(place(chatId, thread)) ?? 0;
  const messages = [...(world.chats.get(chatId)?.messages.values() ?? [])];
  return messages.some(
    (one) =>
      one.message_id > seen &&
      (one.message_thread_id ?? null) === thread &&
      one.from.id !== viewer,
  );
}

// Around the two conversations

function drawAround() {
  drawResidents();
  drawTopics();
  drawWriters();
  drawHalves();
}

function drawResidents() {
  const focused = byId("residents").contains(document.activeElement);
  byId("residents").replaceChildren(
    ...world.residents.map((id) => {
      const chosen = id === phone.chatId;
      const tab = element(
        "button",
        { type: "button", role: "tab", "aria-selected": chosen, tabindex: chosen ? 0 : -1 },
        residentName(id),
      );
      if (!chosen && hasNews(id, null, id)) tab.append(dot());
      tab.addEventListener("click", () => openResident(id));
      return tab;
    }),
  );
  const chosen = byId("residents").querySelector("[aria-selected=true]");
  chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focused) chosen.focus();
}

function openResident(id) {
  phone.open(id);
  drawAround();
}

function topicOf(thread) {
  return world.chats.get(world.group)?.topics.find((one) => one.id === thread);
}

function drawTopics() {
  const chat = world.chats.get(world.group);
  if (!chat) return;
  byId("group-title").textContent = chat.chat.title;
  byId("group-members").textContent = word("members", { count: chat.members.length });
  const latest = (thread) =>
    [...chat.messages.values()].findLast((one) => (one.message_thread_id ?? null) === thread);
  const topics = [...chat.topics].sort(
    (a, b) => (latest(b.id)?.message_id ?? 0) - (latest(a.id)?.message_id ?? 0),
  );
  const rows = [{ id: null, name: word("general"), closed: false }, ...topics];
  byId("topics").replaceChildren(...rows.map((topic) => topicRow(topic, latest(topic.id))));
}

function topicRow(topic, newest) {
  const row = element(
    topic.closed ? "button.topic.closed" : "button.topic",
    { type: "button", "aria-current": topic.id === group.thread },
    element("span.tint"),
    element("b", {}, topic.name),
    newest ? element("small", {}, lastWords(newest)) : "",
  );
  if (topic.icon_color) {
    const color = `#${topic.icon_color.toString(16).padStart(6, "0")}`;
    row.firstElementChild.style.setProperty("--tint", color);
  }
  const marks = element("span.marks");
  if (topic.closed) marks.append(icon("lock"), element("span.hidden", {}, word("closed")));
  if (topic.id !== group.thread && hasNews(world.group, topic.id, world.writer)) marks.append(dot());
  row.append(marks);
  row.addEventListener("click", () => {
    group.open(world.group, topic.id);
    drawAround();
  });
  return element("li", {}, row);
}

function lastWords(message) {
  return isService(message) ? gist(message) : `${message.from.first_name}: ${gist(message)}`;
}

function dot() {
  return element("i.dot", {}, element("span.hidden", {}, word("unread")));
}

function drawWriters() {
  const box = group.part(".writers");
  const focused = box.contains(document.activeElement);
  box.hidden = false;
  box.replaceChildren(
    box.querySelector("legend"),
    ...moderatorsOf().map((one) => {
      const chosen = one.id === world.writer;
      const radio = element("input", { type: "radio", name: "writer", value: one.id, checked: chosen });
      radio.addEventListener("change", () => {
        world.writer = one.id;
        group.rebuild();
        group.loadCommands();
        drawAround();
      });
      return element("label", {}, radio, element("span", {}, one.first_name));
    }),
  );
  if (focused) box.querySelector("input:checked")?.focus();
}

function drawHalves() {
  const shown = document.body.dataset.pane;
  const topics = world.chats.get(world.group)?.topics ?? [];
  const news = {
    phone: world.residents.some((id) => hasNews(id, null, id)),
    group: [null, ...topics.map((one) => one.id)].some((id) => hasNews(world.group, id, world.writer)),
  };
  for (const tab of document.querySelectorAll("[data-half]")) {
    const half = tab.dataset.half;
    tab.setAttribute("aria-selected", half === shown);
    tab.tabIndex = half === shown ? 0 : -1;
    tab.querySelector(".dot").hidden = half === shown || !news[half];
  }
}

function showHalf(half) {
  document.body.dataset.pane = half;
  const pane = half === "phone" ? phone : group;
  pane.toEnd();
  drawAround();
}

// Heads, banners and empty conversations

function phoneHead(bar, chatId) {
  bar.querySelector(".face").textContent = world.bot.first_name[0];
  bar.querySelector(".name").textContent = world.bot.first_name;
  bar.querySelector(".status").textContent = word("bot");
  const language = languageOf(chatId);
  const choices = Object.entries(LANGUAGES).map(([code, name]) => {
    const choice = button(name, () => speak(chatId, code));
    choice.lang = code;
    choice.setAttribute("aria-pressed", code === language);
    return choice;
  });
  const blocking = button(word("block"), () => phone.attempt(act(`users/${chatId}/block`)));
  blocking.disabled = !world.chats.has(chatId);
  bar.querySelector(".menu").replaceChildren(
    element("p", {}, word("client_language")), ...choices, element("hr"), blocking,
  );
}

function speak(chatId, language) {
  world.languages.set(chatId, language);
  phone.rebuild();
  phone.loadCommands();
}

function groupHead(bar, chatId, thread) {
  const topic = topicOf(thread);
  bar.querySelector(".face").textContent = "#";
  bar.querySelector(".name").textContent = topic?.name ?? word("general");
  bar.querySelector(".status").textContent = topic?.closed ? word("closed") : "";
  bar.querySelector(".more").hidden = !topic;
  if (!topic) return;
  const change = (what) => () =>
    group.attempt(act(`chats/${chatId}/topics/${thread}/${what}`, { user_id: world.writer }));
  bar.querySelector(".menu").replaceChildren(
    topic.closed
      ? button(word("reopen_topic"), change("reopen"))
      : button(word("close_topic"), change("close")),
    button(word("delete_topic"), change("delete")),
  );
}

function blockedBanner(chatId) {
  return [
    element("p", {}, word("blocked")),
    button(word("unblock"), () => phone.attempt(act(`users/${chatId}/unblock`)), "button.strong"),
  ];
}

function closedBanner(thread) {
  const reopen = () =>
    group.attempt(
      act(`chats/${world.group}/topics/${thread}/reopen`, { user_id: world.writer }),
    );
  return [element("p", {}, word("topic_closed")), button(word("reopen_topic"), reopen, "button.strong")];
}

function emptyPhone(chatId, start) {
  const told = world.description[languageOf(chatId)] ?? world.description[""];
  return [
    element("span.face", { "aria-hidden": "true" }, world.bot.first_name[0]),
    element("b", {}, world.bot.first_name),
    element("p", {}, told || word("start_help")),
    button(word("start"), start, "button.strong"),
  ];
}

// Dialogs

function askPlace() {
  const dialog = byId("places");
  const choose = async (found) => {
    dialog.place = await found;
    dialog.close("chosen");
  };
  const choices = [
    ...Object.entries(PLACES).map(([name, found]) => button(word(name), () => choose(found))),
    button(word("here"), () => choose(browserPlace())),
  ];
  for (const choice of choices) choice.prepend(icon("place"));
  byId("place-choices").replaceChildren(...choices);
  dialog.place = null;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((settle) => {
    dialog.addEventListener("close", () => settle(dialog.place), { once: true });
  });
}

function browserPlace() {
  return new Promise((settle) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => settle({ latitude: coords.latitude, longitude: coords.longitude }),
      () => {
        phone.say(word("here_failed"));
        settle(null);
      },
    );
  });
}

function showAlert(text) {
  byId("alert-text").textContent = text;
  byId("alert").showModal();
}

// Start

function drawPage() {
  document.documentElement.lang = pageLanguage();
  document.title = word("title");
  translate(document);
  for (const one of document.querySelectorAll("[data-page-language]")) {
    one.setAttribute("aria-pressed", one.dataset.pageLanguage === pageLanguage());
  }
}

for (const one of document.querySelectorAll("[data-page-language]")) {
  one.addEventListener("click", () => {
    setPageLanguage(one.dataset.pageLanguage);
    drawPage();
    phone.rebuild();
    group.rebuild();
    drawAround();
  });
}
for (const tab of document.querySelectorAll("[data-half]")) {
  tab.addEventListener("click", () => showHalf(tab.dataset.half));
}
byId("new-resident").addEventListener("click", () => {
  const id = Math.max(...world.residents) + 1;
  world.residents.push(id);
  openResident(id);
  phone.field.focus();
});
arrowKeys(byId("residents"));
arrowKeys(document.querySelector(".halves"));
drawPage();
listen();
