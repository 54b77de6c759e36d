// The editor: saves without leaving the page, shows problems while somebody types, completes names.

const place = document.querySelector(".editing[data-file]");
if (place) {
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["x-csrf"];
  const saved = document.querySelector("#saved");
  const send = (path, fields) =>
    fetch(path, { method: "POST", headers: { "x-csrf": csrf() }, body: new URLSearchParams(fields) });

  const showProblems = (problems) => {
    const list = document.querySelector("#problems");
    document.querySelector("#all-well").hidden = problems.length > 0;
    list.replaceChildren(...problems.map((problem) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `${list.dataset.link}?file=${encodeURIComponent(problem.file)}&line=${problem.line}&whole=1`;
      link.textContent = `${problem.file}:${problem.line}`;
      const mend = document.createElement("em");
      mend.textContent = problem.mend;
      item.append(link, ` ${problem.what} `, mend);
      return item;
    }));
  };

  const save = async (form, fields) => {
    saved.textContent = "…";
    try {
      const answer = await send(form.action, fields ?? new FormData(form));
      const told = await answer.json();
      if (!answer.ok) { saved.textContent = told.fault; return false; }
      for (const seen of document.querySelectorAll("[name=seen]")) seen.value = told.seen;
      showProblems(told.problems);
      saved.textContent = place.dataset.saved;
      return true;
    } catch {
      saved.textContent = place.dataset.failed;
      return false;
    }
  };

  let dirty = false;
  const touch = () => { dirty = true; saved.textContent = place.dataset.unsaved; };
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  for (const form of document.querySelectorAll("form.answer")) {
    form.addEventListener("input", touch);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await save(form)) dirty = false;
    });
  }

  // A list of topics that is long is looked through by typing.
  document.querySelector("#find")?.addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const topic of place.querySelectorAll(".topics details")) {
      let any = false;
      for (const item of topic.querySelectorAll("li")) {
        item.hidden = wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
        any ||= !item.hidden;
      }
      topic.hidden = wanted !== "" && !any && !topic.querySelector("summary").textContent.includes(wanted);
      if (wanted) topic.open = any;
    }
  });

  const whole = document.querySelector("#whole");
  if (whole) openWhole(whole);

  function openWhole(form) {
    const field = form.elements.text;
    const names = JSON.parse(field.dataset.names);
    let last = 0;

    const problemsOf = async (text, done) => {
      const number = ++last;
      try {
        const answer = await send(form.action.replace(/text$/, "check"), { file: place.dataset.file, text });
        if (!answer.ok || number !== last) return;
        const { problems } = await answer.json();
        showProblems(problems);
        done(problems.filter((one) => one.file === place.dataset.file).map((one) => ({
          from: CodeMirror.Pos(one.line - 1, 0),
          to: CodeMirror.Pos(one.line - 1, 500),
          message: `${one.what} ${one.mend}`,
          severity: "error",
        })));
      } catch { /* the server tells when it is saved */ }
    };

    // What may stand after the key of the line: an intent, an action, a form, a slot.
    const complete = (editor) => {
      const cursor = editor.getCursor();
      const before = editor.getLine(cursor.line).slice(0, cursor.ch);
      const [, key, typed] = before.match(/([\w]+):\s*["']?([\w/]*)$/) ?? [];
      const slot = before.match(/^\s*- ([\w]*)$/);
      const choices = key ? names[key] : slot ? names.slot_was_set : null;
      if (!choices) return null;
      const word = key ? typed : slot[1];
      return {
        list: choices.filter((name) => name.includes(word)),
        from: CodeMirror.Pos(cursor.line, cursor.ch - word.length),
        to: cursor,
      };
    };

    const store = async (editor) => {
      editor.save();
      if (await save(form)) dirty = false;
    };
    const editor = CodeMirror.fromTextArea(field, {
      mode: "yaml",
      lineNumbers: true,
      lineWrapping: true,
      indentUnit: 2,
      gutters: ["CodeMirror-lint-markers", "CodeMirror-linenumbers"],
      lint: { getAnnotations: problemsOf, async: true, delay: 700 },
      hintOptions: { hint: complete, completeSingle: false },
      extraKeys: {
        "Ctrl-Space": "autocomplete",
        "Ctrl-S": store,
        "Cmd-S": store,
        Tab: false, // leaves the editor, as everywhere
        "Shift-Tab": false,
      },
      // Where people write is within what scrolls: screen readers and the keyboard get there.
      inputStyle: "contenteditable",
      screenReaderLabel: place.dataset.file,
    });
    editor.on("change", touch);
    editor.on("inputRead", (one) => { if (!one.state.completionActive) one.showHint(); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      store(editor);
    });
    const line = Number(place.dataset.line) - 1;
    editor.setCursor(line, 0);
    editor.scrollIntoView({ line, ch: 0 }, 200);
  }
}
