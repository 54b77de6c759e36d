// What people do, over the sandbox's control interface.

/** Post to the control interface; throws an Error with the reason when it is refused. */
export async function act(path, body = {}) {
  const answer = await fetch(`/sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const result = await answer.json();
  if (!answer.ok) throw new Error(result.description);
  return result;
}

export async function commandsFor(chatId, userId, language) {
  const query = new URLSearchParams({ user_id: userId, ...(language && { language_code: language }) });
  const answer = await fetch(`/sandbox/chats/${chatId}/commands?${query}`);
  return (await answer.json()).commands;
}

/** Send a file that was chosen in the browser, as the kind its type says. */
export async function sendFile(chatId, person, file) {
  const family = file.type.split("/")[0];
  const kind = { image: "photo", video: "video", audio: "audio" }[family] ?? "document";
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return act(`chats/${chatId}/files`, {
    ...person,
    kind: file.type === "image/svg+xml" ? "document" : kind,
    content: btoa(binary),
    name: file.name,
    content_type: file.type || "application/octet-stream",
  });
}
