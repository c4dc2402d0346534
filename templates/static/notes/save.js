"use strict";
// Save: to the server of `make serve`, into the project's folder, or as a download.
{
  const { byId, make, report } = featamp;
  const { parse, canonical } = featamp.selection;
  const { now, unsaved, differences, ask, reconcile, composed, agreed, changed, refreshed, renew, show } = featamp.notes;
  const { root } = document.documentElement.dataset;

  let folder = null; // of the project, once the person has shown it
  let served = null; // whether this is the server of `make serve`
  let saving = Promise.resolve(); // one after another

  class Told extends Error {} // an end that the person can do something about

  // What is in the project now goes before what was built into the page; whether the person has decided what there was to.
  async function meet(text, name) {
    if (text === null || text === now.text || text === report.text) return true;
    let theirs;
    try {
      theirs = parse(text);
    } catch (error) {
      throw new Told(`${name} cannot be read, so it was left as it is: ${error.message}.`);
    }
    if (now.known.includes(canonical(theirs)) || !differences(theirs).length) {
      now.text = text;
      return true;
    }
    return reconcile(theirs, text, name);
  }

  // A text, or an error where it is not UTF-8.
  const read = async (file) => new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());

  // The text to write, and what to do when it is written: the person may have typed on meanwhile.
  function written() {
    const { text, whole } = composed();
    const state = structuredClone(now.state);
    const question = `${report.file} cannot be edited piece by piece. Write it anew, without its comments and order?`;
    if (whole && now.text.includes("#") && !confirm(question)) throw new Told("Not saved.");
    const stored = (word, asDownload = false) => {
      now.downloaded = asDownload;
      now.known.push(canonical(state)); // no base for further edits: a download may never be put into the project
      now.text = text;
      changed(word);
    };
    return { text, stored };
  }

  function download() {
    const { text, stored } = written();
    const href = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
    make("a", { href, download: report.file }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
    stored("", true);
  }

  const done = (request) =>
    new Promise((yes, no) => {
      request.onsuccess = () => yes(request.result);
      request.onerror = () => no(request.error);
    });

  // The handle to the project's folder, one for each report, kept by the browser.
  async function shelf(mode, act) {
    const opening = indexedDB.open("featamp", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("folders");
    return done(act((await done(opening)).transaction("folders", mode).objectStore("folders")));
  }

  async function projectFolder() {
    folder ??= await shelf("readonly", (store) => store.get(report.id)).catch(() => null);
    const granted = folder && (await folder.requestPermission({ mode: "readwrite" })) === "granted";
    if (granted && (await folder.getFileHandle(report.config).catch(() => null))) return folder;
    show(`Show the folder that holds ${report.config}.`);
    folder = await showDirectoryPicker({ id: "featamp", mode: "readwrite" });
    const there = await folder.getFileHandle(report.config).catch(() => null);
    if (!there && !confirm(`There is no ${report.config} in “${folder.name}”. Save there all the same?`)) {
      folder = null;
      throw new Told("Not saved.");
    }
    await shelf("readwrite", (store) => store.put(folder, report.id)).catch(() => null); // else it is asked for each time
    return folder;
  }

  async function saveToFolder() {
    const project = await projectFolder();
    const old = await project.getFileHandle(report.file).catch(() => null);
    if (!(await meet(old && (await read(await old.getFile())), `${report.file} in “${project.name}”`))) return;
    const { text, stored } = written();
    const writer = await (await project.getFileHandle(report.file, { create: true })).createWritable();
    await writer.write(text);
    await writer.close();
    stored(`Saved in “${project.name}”.`);
  }

  async function saveToServer(there) {
    if (!(await meet(there.text, report.file))) return;
    const { text, stored } = written();
    show("Saving and building …");
    const answer = await fetch(`${root}api/selection`, {
      method: "PUT",
      headers: { "Content-Type": "application/toml", "If-Match": there.tag },
      body: text,
    });
    const { error, saved } = await answer.json();
    if (saved) stored(error ? `Saved, but not built: ${error}` : "Saved.");
    else throw new Told(error);
    if (!error) renew("Saved.");
  }

  async function askServer() {
    if (!location.protocol.startsWith("http") || served === false) return null;
    const answer = await fetch(`${root}api/selection`, { cache: "no-store" }).catch(() => null);
    if (!answer || answer.status >= 502) throw new Told("Not saved: the server cannot be reached. “Save a copy” downloads it.");
    served = Boolean(answer.headers.get("Content-Type")?.startsWith("application/json"));
    if (!served) return null;
    const there = await answer.json();
    if (!answer.ok) throw new Told(there.error);
    return there;
  }

  async function save() {
    const there = await askServer();
    if (there) await saveToServer(there);
    else if (window.showDirectoryPicker) await saveToFolder();
    else download();
  }

  // Save in one of these ways, unless the person has to decide something first.
  async function attempted(way) {
    try {
      if (await agreed()) await way();
    } catch (error) {
      if (error instanceof Told) show(error.message);
      else show(error.name === "AbortError" ? "Not saved." : `Not saved (${error.message}). “Save a copy” downloads it.`);
    }
  }

  const attempt = (way) => (saving = saving.then(() => attempted(way)));

  // Under `make serve`, a dimension without a page is swept as soon as it is chosen.
  async function sweepChosen() {
    const unswept = now.state.chosen.some((dim) => report.known[dim] && !report.known[dim].page);
    if (unswept && unsaved() && (await askServer().catch(() => null))) await attempt(save);
  }

  async function load(chosen) {
    try {
      const text = await read(chosen);
      const theirs = parse(text);
      if (!unsaved() || !differences(theirs).length) now.state = theirs;
      else if (!(await ask(theirs, chosen.name))) return;
      now.text = text;
      refreshed(`${chosen.name} is opened.`);
    } catch (error) {
      show(`${chosen.name} was not opened: ${error.message}.`);
    }
  }

  document.addEventListener("input", ({ target }) => target.dataset.tick && target.checked && sweepChosen());
  sweepChosen();
  byId("save-toml").onclick = () => attempt(save);
  byId("download-toml").onclick = () => attempt(download);
  byId("load-toml").onclick = () => byId("toml-file").click();
  byId("toml-file").onchange = ({ target }) => {
    if (target.files.length) load(target.files[0]);
    target.value = "";
  };
}
