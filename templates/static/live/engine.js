"use strict";
// The decoder, in this page: `open` loads it, and nothing is loaded before; `decode` makes pictures of codes.
{
  const { byId, make, live } = featamp;
  const place = live.place ?? document.documentElement.dataset.root; // of the model's own report
  const waiting = {};
  let opening = null;
  let last = Promise.resolve(); // the library decodes one batch at a time

  const bytes = (text) => Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const floats = (text) => new Float32Array(bytes(text).buffer);
  const unzip = async (text) => {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // What a script of the site holds: a page on disk can load no other file. A report in one file has it inside.
  function load(name) {
    const inside = byId(`given-${name}`);
    if (inside) return JSON.parse(inside.textContent);
    const script = make("script", { src: `${place}live/${name}.js` });
    const given = new Promise((yes, no) => {
      waiting[name] = yes;
      script.onerror = () => no(new Error(`${place}live/${name}.js cannot be loaded from beside this page`));
    });
    document.head.append(script);
    return given.finally(() => script.remove());
  }

  async function start() {
    if (live.reason) throw new Error(live.reason);
    featamp.library ??= live.served ? null : openLibrary(); // once for all models of a page
    const names = live.served ? ["codes"] : ["codes", "network"];
    const [numbers, network] = await Promise.all([...names.map(load), featamp.library]);
    live.numbers = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, floats(text)]));
    return live.served ? askServer : decodeHere(network);
  }

  // The model itself, where `serve` runs.
  async function askServer(codes) {
    const answer = await fetch(`${place}api/decode`, { method: "POST", body: codes }).catch(() => null);
    if (!answer || [404, 405, 501].includes(answer.status)) {
      throw new Error("the model does not answer here; start make serve, or featamp serve");
    }
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `the server says ${answer.status}`);
    return new Float32Array(await answer.arrayBuffer());
  }

  async function openLibrary() {
    try {
      const { bundle, compiled } = await load("runtime");
      const at = URL.createObjectURL(new Blob([bundle], { type: "text/javascript" }));
      const library = await import(at);
      URL.revokeObjectURL(at);
      Object.assign(library.env.wasm, { numThreads: 1, wasmBinary: await unzip(compiled) });
      return library;
    } catch (error) {
      featamp.library = null;
      throw error;
    }
  }

  async function decodeHere({ network }) {
    const { InferenceSession, Tensor } = await featamp.library;
    const session = await InferenceSession.create(await unzip(network), { executionProviders: ["wasm"] });
    return async (codes) => {
      const { pixels } = await session.run({ codes: new Tensor("float32", codes, [codes.length / live.dims, live.dims]) });
      return pixels.data;
    };
  }

  // What decodes one batch.
  function open() {
    opening ??= start().catch((error) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  async function run(codes) {
    const decodeBatch = await open();
    const count = codes.length / live.dims;
    if (!count || !Number.isInteger(count)) throw new RangeError(`expected codes of ${live.dims} numbers each`);
    if (live.batched || count === 1) return decodeBatch(codes);
    const frame = live.size[0] * live.size[1] * 3;
    const pixels = new Float32Array(count * frame);
    for (let k = 0; k < count; k++) {
      const one = codes.slice(k * live.dims, (k + 1) * live.dims);
      pixels.set(await decodeBatch(one), k * frame);
    }
    return pixels;
  }

  Object.assign(live, {
    give: (name, values) => waiting[name](values),
    open: async () => void (await open()),
    // Codes [count, dim] in raw units, one after another, to pixels [count, height, width, channel] in [0, 1].
    decode(codes) {
      const result = last.then(() => run(codes));
      last = result.catch(() => {});
      return result;
    },
  });
}
