// Runs in the reader's browser, inside the page: puts a live Vega view, which says what the pointer is on, in the place of each
// still picture, in the cut that fits the reader's setting and window. Paper and browsers without scripts keep the pictures.
/// <reference lib="dom" />
import type { Spec, View } from "vega";
import { Handler } from "vega-tooltip";

declare const vega: typeof import("vega");

/** As figure-store.ts writes it. */
interface Store {
  readonly tables: readonly object[][];
  readonly figures: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 600px)");
const views = new Map<Element, View>();

/** Draws every figure of the page anew. */
async function draw(): Promise<void> {
  for (const view of views.values()) view.finalize();
  views.clear();
  const store = JSON.parse(document.querySelector("#figures")?.textContent ?? "null") as Store | null;
  if (store === null) return;
  const cut = `${narrow.matches ? "narrow" : "wide"}-${dark.matches ? "dark" : "light"}`;
  for (const figure of document.querySelectorAll("figure[data-figure]")) {
    const spec = store.figures[figure.getAttribute("data-figure") ?? ""]?.[cut];
    const place = figure.querySelector(".live");
    if (spec === undefined || place === null) continue;
    const view = new vega.View(vega.parse(filled(spec, store.tables) as Spec), {
      renderer: "svg",
      container: place,
      tooltip: new Handler({ theme: dark.matches ? "dark" : "light" }).call,
    });
    views.set(figure, view);
    await view.runAsync();
    figure.classList.add("drawn");
  }
}

/** A specification with its tables in their places; each view gets objects of its own. */
function filled(spec: object, tables: Store["tables"]): object {
  return JSON.parse(JSON.stringify(spec), (_, value: unknown) =>
    typeof value === "object" && value !== null && "$table" in value
      ? tables[value.$table as number]!.map((row) => ({ ...row }))
      : value,
  ) as object;
}

/** Follows a run that goes on: the server says when there is something new, and the page takes it without losing its place. */
function follow(address: string): void {
  const status = document.querySelector("#status");
  const source = new EventSource(address);
  source.addEventListener("report", () => void renew());
  source.addEventListener("open", () => status?.replaceChildren("following"));
  source.addEventListener("error", () => status?.replaceChildren("connection lost; trying again"));
}

async function renew(): Promise<void> {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  for (const part of ["main", "#figures"]) {
    const fresh = page.querySelector(part);
    if (fresh !== null) document.querySelector(part)?.replaceWith(fresh);
  }
  document.title = page.title;
  await draw();
}

for (const setting of [dark, narrow]) setting.addEventListener("change", () => void draw());
void draw();
const events = document.documentElement.dataset.events;
if (events !== undefined) follow(events);
