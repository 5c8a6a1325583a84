// A figure's SVG as PNG, in a font that comes with the project, so that it looks the same on every machine.

import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";

const FONT = createRequire(import.meta.url).resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");

/**
 * Draws an SVG.
 *
 * @param scale pixels of the picture to one of the SVG
 * @returns the bytes of a PNG
 */
export function renderPng(svg: string, scale = 2): Uint8Array {
  const font = { fontFiles: [FONT], loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" };
  return new Resvg(svg, { fitTo: { mode: "zoom", value: scale }, font }).render().asPng();
}
