// One conversation on the screen: its head, its messages, and the field to write in.

import { button, element, icon } from "./dom.js";
import { day, gist, messageItem } from "./message.js";
import { act, commandsFor, sendFile } from "./people.js";
import { translate, word } from "./words.js";

const TYPING_MS = 5000;
const CALLBACK_MS = 15000;
const NEAR_END = 120;

/**
 * A conversation: a private chat, or one topic of the group.
 *
 * The owner passes `hooks`: `chat()` the chat's state or undefined, `thread` the topic or null,
 * `person()` who acts as `{user_id, language_code?}`, `askPlace()` a promise of a place, and
 * `seen(id)`, called with the newest message shown.
 */
export class Pane {
  constructor(root, chatId, hooks) {
    this.root = root;
    this.hooks = hooks;
    this.chatId = chatId;
    this.thread = null;
    this.commands = [];
    this.draft = { mode: "new", message: null };
    root.append(document.getElementById("pane").content.cloneNode(true));
    this.log = this.part(".log");
    this.field = this.part("textarea");
    this.listen();
  }

  part(selector) {
    return this.root.querySelector(selector);
  }

  listen() {
    this.part(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
      if (event.key === "Escape") this.compose("new");
    });
    this.field.addEventListener("input", () => {
      this.grow();
      const typed = this.field.value;
      if (typed.startsWith("/") && !typed.includes(" ")) this.showCommands(typed.slice(1));
      else this.hideCommands();
    });
    this.part(".list").addEventListener("click", () => {
      if (this.part(".commands").hidden) this.showCommands("");
      else this.hideCommands();
    });
    this.part(".context button").addEventListener("click", () => this.compose("new"));
    this.part(".pinned").addEventListener("click", () => this.goTo(this.pinnedMessage()));
    const file = this.part("input[type=file]");
    file.addEventListener("change", () => {
      if (file.files[0]) this.attempt(sendFile(this.chatId, this.where(), file.files[0]));
      file.value = "";
    });
    for (const opener of this.root.querySelectorAll("[data-menu]")) this.menu(opener);
  }

  menu(opener) {
    const menu = this.part(`[data-menu-of=${opener.dataset.menu}]`);
    const show = (open) => {
      menu.hidden = !open;
      opener.setAttribute("aria-expanded", open);
    };
    opener.addEventListener("click", () => show(menu.hidden));
    menu.addEventListener("click", () => show(false));
    opener.parentElement.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || menu.hidden) return;
      show(false);
      opener.focus();
    });
    document.addEventListener("click", (event) => {
      if (!opener.parentElement.contains(event.target)) show(false);
    });
  }

  /** Show a conversation from its beginning. */
  open(chatId, thread = null) {
    this.chatId = chatId;
    this.thread = thread;
    this.compose("new");
    this.stopTyping();
    this.say("");
    this.rebuild();
    this.loadCommands();
  }

  /** Draw everything again, as after a change of language. */
  rebuild() {
    translate(this.root);
    this.log.setAttribute("aria-live", "off");
    this.log.replaceChildren();
    let written = "";
    for (const message of this.messages()) {
      written = this.divide(written, message);
      this.log.append(this.item(message));
    }
    if (!this.log.children.length) this.drawEmpty();
    this.drawMenus();
    this.drawBelow();
    this.toEnd();
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 100);
  }

  messages() {
    const chat = this.hooks.chat(this.chatId);
    return chat ? [...chat.messages.values()].filter((one) => this.holds(one)) : [];
  }

  holds(message) {
    return (message.message_thread_id ?? null) === this.thread;
  }

  divide(previous, message) {
    const today = day(message.date);
    if (today !== previous) this.log.append(element("li.day", {}, element("span", {}, today)));
    return today;
  }

  item(message) {
    const chat = this.hooks.chat(this.chatId);
    return messageItem(message, {
      viewer: this.hooks.person().user_id,
      named: chat.chat.type !== "private",
      reactions: chat.reactions[message.message_id],
      onTap: (one, node) => this.tap(message, one, node),
      onCommand: (text) => this.write(text),
      onReply: () => this.compose("reply", message),
      onEdit: () => this.compose("edit", message),
    });
  }

  /** A message came, or is another now. */
  update(message) {
    const follow = this.nearEnd() || message.from.id === this.hooks.person().user_id;
    const old = this.log.querySelector(`[data-id="${message.message_id}"]`);
    if (old) old.replaceWith(this.item(message));
    else this.add(message);
    this.drawBelow();
    if (follow && !old) this.toEnd();
  }

  add(message) {
    const shown = this.messages();
    if (shown.length === 1) this.log.replaceChildren();
    const before = shown.at(-2);
    this.stopTyping();
    this.divide(before ? day(before.date) : "", message);
    this.log.append(this.item(message));
  }

  remove(ids) {
    for (const id of ids) this.log.querySelector(`[data-id="${id}"]`)?.remove();
    if (!this.messages().length) this.rebuild();
    this.drawBelow();
  }

  nearEnd() {
    const box = this.part(".scroll");
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  }

  toEnd() {
    const box = this.part(".scroll");
    box.scrollTop = box.scrollHeight;
    const newest = this.messages().at(-1);
    if (newest) this.hooks.seen(newest.message_id);
  }

  goTo(message) {
    const item = message && this.log.querySelector(`[data-id="${message.message_id}"]`);
    item?.scrollIntoView({ block: "center" });
  }

  pinnedMessage() {
    const chat = this.hooks.chat(this.chatId);
    const pinned = (chat?.pinned ?? []).map((id) => chat.messages.get(id));
    return pinned.filter((one) => one && this.holds(one)).at(-1);
  }

  /** The parts that depend on the chat as a whole: pin, keyboard, banner. */
  drawBelow() {
    const chat = this.hooks.chat(this.chatId);
    const pinned = this.pinnedMessage();
    const card = this.part(".pinned");
    card.hidden = !pinned;
    if (pinned) {
      const text = element("span", {}, element("b", {}, word("pinned")), gist(pinned));
      card.replaceChildren(icon("pin"), text);
    }
    const banner = this.hooks.banner(this.chatId, this.thread);
    this.part(".banner").hidden = !banner;
    this.part(".banner").replaceChildren(...(banner ?? []));
    this.part(".composer").hidden = Boolean(banner);
    this.drawKeyboard(chat?.keyboard);
  }

  drawKeyboard(keyboard) {
    const box = this.part(".keyboard");
    box.hidden = !keyboard;
    box.replaceChildren();
    for (const row of keyboard?.keyboard ?? []) {
      const line = element("div");
      for (const key of row) {
        const node = button(key.text, () =>
          key.request_location ? this.sendPlace() : this.write(key.text),
        );
        if (key.request_location) node.prepend(icon("place"));
        line.append(node);
      }
      box.append(line);
    }
    this.field.placeholder = keyboard?.input_field_placeholder ?? word("write");
  }

  drawEmpty() {
    this.log.append(element("li.empty", {}, ...this.hooks.empty(this.chatId, () => this.write("/start"))));
  }

  drawMenus() {
    this.hooks.head(this.part(".bar"), this.chatId, this.thread);
    this.part("[data-menu-of=attach]").replaceChildren(
      button(word("attach_place"), () => this.sendPlace()),
      button(word("attach_file"), () => this.part("input[type=file]").click()),
    );
  }

  async loadCommands() {
    const { user_id, language_code } = this.hooks.person();
    const asked = this.chatId;
    const commands = await commandsFor(asked, user_id, language_code);
    if (asked === this.chatId) this.commands = commands;
  }

  showCommands(beginning) {
    const box = this.part(".commands");
    const fitting = this.commands.filter((one) => one.command.startsWith(beginning));
    const nothing = element("p", {}, word("no_commands"));
    box.replaceChildren(
      ...fitting.map((one) => {
        const row = button("", () => {
          this.field.value = "";
          this.write(`/${one.command}`);
        });
        row.append(element("b", {}, `/${one.command}`), element("span", {}, one.description));
        return row;
      }),
      ...(this.commands.length ? [] : [nothing]),
    );
    box.hidden = !box.children.length;
    this.part(".list").setAttribute("aria-expanded", !box.hidden);
  }

  hideCommands() {
    this.part(".commands").hidden = true;
    this.part(".list").setAttribute("aria-expanded", "false");
  }

  /** Get ready to write: `new`, `reply` to a message, or `edit` one. */
  compose(mode, message = null) {
    this.draft = { mode, message };
    const context = this.part(".context");
    context.hidden = mode === "new";
    if (mode === "reply") {
      const name = message.from.first_name;
      context.firstElementChild.textContent = `${word("replying", { name })} · ${gist(message)}`;
    }
    if (mode === "edit") context.firstElementChild.textContent = word("editing");
    this.field.value = mode === "edit" ? (message.text ?? message.caption) : "";
    this.grow();
    this.hideCommands();
    if (mode !== "new") this.field.focus();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  where() {
    return { ...this.hooks.person(), ...(this.thread && { message_thread_id: this.thread }) };
  }

  async submit() {
    const text = this.field.value.trim();
    if (!text) return;
    const { mode, message } = this.draft;
    this.compose("new");
    if (mode === "edit") {
      const edit = { ...this.hooks.person(), message_id: message.message_id, text };
      await this.attempt(act(`chats/${this.chatId}/edits`, edit));
    } else {
      await this.write(text, mode === "reply" ? message.message_id : null);
    }
  }

  write(text, replyTo = null) {
    this.hideCommands();
    const reply = replyTo ? { reply_to_message_id: replyTo } : {};
    return this.attempt(act(`chats/${this.chatId}/messages`, { ...this.where(), text, ...reply }));
  }

  async sendPlace() {
    const place = await this.hooks.askPlace();
    if (place) await this.attempt(act(`chats/${this.chatId}/locations`, { ...this.where(), ...place }));
  }

  async tap(message, one, node) {
    if (one.copy_text) {
      await navigator.clipboard.writeText(one.copy_text.text);
      return;
    }
    node.setAttribute("aria-busy", "true");
    setTimeout(() => node.removeAttribute("aria-busy"), CALLBACK_MS);
    const result = await this.attempt(
      act(`chats/${this.chatId}/taps`, {
        ...this.hooks.person(),
        message_id: message.message_id,
        button: one.callback_data ?? one.text,
      }),
    );
    if (!result?.callback_query_id) node.removeAttribute("aria-busy");
    if (result?.url) window.open(result.url, "_blank", "noopener,noreferrer");
  }

  /** The bot answered a tap made here. */
  answered({ message_id, text, show_alert }) {
    const busy = this.log.querySelectorAll(`[data-id="${message_id}"] [aria-busy]`);
    for (const node of busy) node.removeAttribute("aria-busy");
    if (text && show_alert) this.hooks.alert(text);
    else if (text) this.say(text);
  }

  async attempt(doing) {
    try {
      return await doing;
    } catch (error) {
      this.say(word("failed", { reason: error.message }));
      return null;
    }
  }

  say(text) {
    const toast = this.part(".toast");
    clearTimeout(this.toastTimer);
    toast.textContent = text;
    toast.hidden = !text;
    if (text) this.toastTimer = setTimeout(() => this.say(""), TYPING_MS);
  }

  /** The bot is doing something in this conversation. */
  typing(action) {
    this.stopTyping();
    const follow = this.nearEnd();
    const dots = element("span.dots", {}, element("i"), element("i"), element("i"));
    this.log.append(element("li.other.typing", { "aria-hidden": "true" }, element("div.bubble", {}, dots)));
    this.part(".status").textContent = word(action === "typing" ? "typing" : "sending");
    this.part(".status").classList.add("busy");
    if (follow) this.toEnd();
    this.typingTimer = setTimeout(() => this.stopTyping(), TYPING_MS);
  }

  stopTyping() {
    clearTimeout(this.typingTimer);
    this.log.querySelector(".typing")?.remove();
    const status = this.part(".status");
    if (status.classList.replace("busy", "idle")) {
      this.hooks.head(this.part(".bar"), this.chatId, this.thread);
    }
  }
}
