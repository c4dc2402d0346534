"use strict";
// Pictures of decoded pixels: the face, its strip, the difference, and files of them with a caption.
{
  const { byId, make, live } = featamp;
  const size = () => live.size[0] * live.size[1] * 3;

  // Frame `k` of some pixels in [0, 1] on a canvas, `column` frames from its left.
  function draw(canvas, pixels, k = 0, column = 0) {
    const [height, width] = live.size;
    const image = new ImageData(width, height);
    for (let from = k * size(), to = 0; to < image.data.length; to += 4, from += 3) {
      for (let channel = 0; channel < 3; channel++) image.data[to + channel] = Math.round(255 * pixels[from + channel]);
      image.data[to + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, column * width, 0);
  }

  function sized(canvas, columns = 1) {
    const [height, width] = live.size;
    if (canvas.width !== columns * width || canvas.height !== height) Object.assign(canvas, { width: columns * width, height });
    return canvas;
  }

  // Mean absolute difference of two pictures, pixels in [0, 1].
  const change = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

  // What has changed, around mid-grey, on the one scale of all difference maps.
  const difference = (a, b) => a.map((value, i) => 0.5 + Math.atan(Math.PI * live.gain * (value - b[i])) / Math.PI);

  // Words of a text in as many lines as a width asks for.
  function wrapped(pen, text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (lines.at(-1) && pen.measureText(longer).width > width) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  // A canvas enlarged, pixels kept, with lines of text below, as a download.
  function download(canvas, texts, name) {
    const scale = Math.max(1, Math.floor(Math.min(512 / canvas.height, 2048 / canvas.width)));
    const [width, height, line, font] = [canvas.width * scale, canvas.height * scale, 20, "14px sans-serif"];
    const sheet = make("canvas", { width });
    const pen = sheet.getContext("2d");
    pen.font = font;
    const lines = texts.flatMap((text) => wrapped(pen, text, width - 8));
    sheet.height = height + line * lines.length + 8; // which forgets all else
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(canvas, 0, 0, width, height);
    Object.assign(pen, { fillStyle: "#222", font });
    lines.forEach((words, k) => pen.fillText(words, 4, height + line * (k + 1) - 4, width - 8));
    sheet.toBlob((content) => save(content, name), "image/png");
  }

  function save(content, name) {
    const href = URL.createObjectURL(content);
    make("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  }

  featamp.picture = { draw, sized, change, difference, download, canvas: (id, columns) => sized(byId(id), columns) };
}
