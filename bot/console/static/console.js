// What the pages can't do with links, forms and htmx alone.

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["x-csrf"];
const post = (path, fields = {}) =>
  fetch(path, { method: "POST", headers: { "x-csrf": csrf() }, body: new URLSearchParams(fields) });

// The menu stands open beside a wide page, and is folded above a narrow one.
const narrow = matchMedia("(max-width: 860px)");
const menu = document.querySelector(".menu");
const fold = () => { menu.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();

// Ctrl+Enter sends, in every field that sends something.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("textarea")?.form;
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

const talk = document.querySelector("[data-talk]");
if (talk) openTalk(talk);

function openTalk(talk) {
  const id = talk.dataset.talk;
  const here = `/console/talks/${id}`;
  const rolls = talk.querySelector(".rolls");
  const title = document.title;

  // The newest is in sight, unless somebody reads further up.
  const atEnd = () => rolls.scrollHeight - rolls.scrollTop - rolls.clientHeight < 80;
  const toEnd = () => { rolls.scrollTop = rolls.scrollHeight; };
  let follows = true;
  rolls.addEventListener("scroll", () => { follows = atEnd(); });
  toEnd();

  // Read is what lies before somebody's eyes. The server counts; this only tells it.
  let read = 0;
  const tellRead = () => {
    const newest = Number(talk.querySelector("#after").value);
    if (document.visibilityState !== "visible" || newest <= read) return;
    read = newest;
    document.title = title;
    post(`${here}/read`, { number: newest });
  };
  document.addEventListener("visibilitychange", tellRead);
  document.body.addEventListener("htmx:oobAfterSwap", () => { if (follows) toEnd(); });
  document.body.addEventListener("htmx:afterRequest", () => {
    if (follows) toEnd();
    if (document.visibilityState !== "visible") document.title = `● ${title}`;
    tellRead();
  });
  tellRead();

  const composer = talk.querySelector(".composer");
  if (composer) openComposer(composer, id, here);
}

function openComposer(composer, id, here) {
  // What was not sent yet outlives a reload; it stays in this tab alone and goes with it.
  const key = (mode) => `draft ${composer.closest("[data-person]").dataset.person} ${id} ${mode}`;
  const forms = [...composer.querySelectorAll("form[data-draft]")];
  for (const form of forms) {
    const field = form.elements.words;
    const mode = form.dataset.draft;
    field.value = sessionStorage.getItem(key(mode)) ?? "";
    field.addEventListener("input", () => sessionStorage.setItem(key(mode), field.value));
    form.addEventListener("htmx:afterRequest", (event) => {
      if (event.target !== form || !event.detail.successful) return;
      field.value = "";
      sessionStorage.removeItem(key(mode));
      document.querySelector("#notes").replaceChildren();
      field.focus();
    });
  }

  // A talk that is opened begins with what can do no harm: a note. A reload changes nothing.
  const modes = [...composer.querySelectorAll("[name=mode]")];
  const choose = (mode) => {
    composer.dataset.mode = mode;
    sessionStorage.setItem("mode", `${id} ${mode}`);
    for (const one of modes) one.checked = one.value === mode;
    for (const form of forms) form.hidden = form.dataset.draft !== mode;
  };
  for (const one of modes) {
    one.addEventListener("change", () => {
      choose(one.value);
      forms.find((form) => !form.hidden).elements.words.focus();
    });
  }
  const [last, mode] = (sessionStorage.getItem("mode") ?? "").split(" ");
  choose(last === id ? mode : "note");

  // The resident sees that somebody writes to them; of notes nobody is told.
  const say = forms.find((form) => form.dataset.draft === "say").elements.words;
  let told = 0;
  say.addEventListener("input", () => {
    if (say.value.startsWith("//") || Date.now() - told < 3000) return;
    told = Date.now();
    post(`${here}/types`);
  });

  composer.querySelector("[data-canned]")?.addEventListener("change", (event) => {
    const text = event.target.value;
    say.value = [say.value.trim(), text].filter(Boolean).join(" ");
    event.target.value = "";
    say.dispatchEvent(new Event("input"));
    say.focus();
  });
}
