// The page's words in Finnish and English, from words.json beside this file.

const response = await fetch("/sandbox/page/words.json");
const dictionary = await response.json();
const KEPT = "seura-sandbox-language";

let language = localStorage.getItem(KEPT) in dictionary ? localStorage.getItem(KEPT) : "fi";

/** The word with its {placeholders} filled in. */
export function word(key, values = {}) {
  return dictionary[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function pageLanguage() {
  return language;
}

export function setPageLanguage(chosen) {
  language = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** Fill in the words that stand in the markup as data-word, data-label and data-placeholder. */
export function translate(root) {
  for (const node of root.querySelectorAll("[data-word]")) {
    node.textContent = word(node.dataset.word);
  }
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", word(node.dataset.label));
    if (node.tagName === "BUTTON") node.title = word(node.dataset.label);
  }
  for (const node of root.querySelectorAll("[data-placeholder]")) {
    node.placeholder = word(node.dataset.placeholder);
  }
}
