// A figure's SVG as PNG, in a font that comes with the project, so that it looks the same on every machine. resvg as WebAssembly: where
// it meets what it cannot draw, its native build ends the whole process.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";

const resolve = createRequire(import.meta.url).resolve;

let ready: Promise<Uint8Array> | undefined;

/** The font, once resvg is loaded. */
async function load(): Promise<Uint8Array> {
  await initWasm(await readFile(resolve("@resvg/resvg-wasm/index_bg.wasm")));
  return await readFile(resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
}

/**
 * Draws an SVG.
 *
 * @param scale pixels of the picture to one of the SVG
 * @returns the bytes of a PNG
 */
export async function renderPng(svg: string, scale = 2): Promise<Uint8Array> {
  ready ??= load();
  const font = { fontBuffers: [await ready], defaultFontFamily: "DejaVu Sans" };
  const drawing = new Resvg(svg, { fitTo: { mode: "zoom", value: scale }, font });
  try {
    return drawing.render().asPng();
  } finally {
    drawing.free();
  }
}
