// What tests ask of a page, carried out inside the browser: each function is sent there whole and uses nothing around it.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Whether every figure is drawn live. */
export function allDrawn(): boolean {
  const figures = [...document.querySelectorAll("figure[data-figure]")];
  return figures.length > 0 && figures.every((figure) => figure.querySelector(".live svg") !== null);
}

/** Pixels by which the document is wider than the window. */
export function tooWide(): number {
  return Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Headings, paragraphs, list items and summaries whose text does not fit into them, or that reach out of the page. */
export function clipped(): string[] {
  return [...document.querySelectorAll<HTMLElement>("h1, h2, h3, p, li, summary, figcaption, pre, .card")]
    .filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return element.scrollWidth > element.clientWidth || left < 0 || right > document.documentElement.clientWidth;
    })
    .map(({ localName, textContent }) => `${localName}: ${textContent}`);
}

/**
 * What is wrong with the texts of the figures as they are drawn (`live`), or of all the still `pictures` that a page holds: two that
 * overlap, and those that reach over the figure's edge. Texts are compared as the rotated boxes that they are.
 */
export function textFaults(of: string): string[] {
  type Corner = { readonly x: number; readonly y: number };
  const corners = (text: SVGTextElement): Corner[] => {
    const { x, y, width, height } = text.getBBox();
    const matrix = text.getScreenCTM()!;
    // A box is as high as the font's tallest letters and accents; lines of text stand closer than that.
    const [top, bottom] = [y + 0.12 * height, y + 0.88 * height];
    return [
      [x, top],
      [x + width, top],
      [x + width, bottom],
      [x, bottom],
    ].map(([x, y]) => new DOMPoint(x, y).matrixTransform(matrix));
  };
  // Two convex shapes are apart where a side of one has the other beyond it.
  const apart = (a: readonly Corner[], b: readonly Corner[]) =>
    a.some(({ x, y }, i) => {
      const next = a[(i + 1) % a.length]!;
      const along = ({ x: px, y: py }: Corner) => (px - x) * (next.y - y) - (py - y) * (next.x - x);
      const [own, other] = [a.map(along), b.map(along)];
      return Math.min(...other) >= Math.max(...own) || Math.max(...other) <= Math.min(...own);
    });
  const faultsOf = (svg: SVGSVGElement, name: string): string[] => {
    const edge = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")]
      .filter((text) => text.textContent !== "" && text.getAttribute("opacity") !== "0")
      .map((text) => ({ said: text.textContent, box: corners(text) }));
    const cut = texts
      .filter(({ box }) => box.some(({ x, y }) => x < edge.left || x > edge.right || y < edge.top || y > edge.bottom))
      .map(({ said }) => `${name}: "${said}" is cut by the edge`);
    const overlapping = texts.flatMap((a, i) =>
      texts
        .slice(i + 1)
        .filter((b) => !apart(a.box, b.box) && !apart(b.box, a.box))
        .map((b) => `${name}: "${a.said}" overlaps "${b.said}"`),
    );
    return [...cut, ...overlapping];
  };
  const stills = (figure: Element) =>
    [...figure.querySelectorAll("picture > *")].flatMap((part) => {
      const address = part.getAttribute("srcset") ?? part.getAttribute("src") ?? "";
      const holder = document.createElement("div");
      const bytes = Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (byte) => byte.charCodeAt(0));
      holder.innerHTML = new TextDecoder().decode(bytes);
      document.body.append(holder);
      const faults = faultsOf(holder.querySelector("svg")!, `${figure.getAttribute("data-figure")}, still`);
      holder.remove();
      return faults;
    });
  return [...document.querySelectorAll("figure[data-figure]")].flatMap((figure) =>
    of === "pictures"
      ? stills(figure)
      : faultsOf(figure.querySelector<SVGSVGElement>(".live svg")!, figure.getAttribute("data-figure")!),
  );
}

/** Of each figure: the picture that it shows, and whether a live view is seen. */
export function shown(): { readonly figure: string; readonly picture: string | null; readonly live: boolean }[] {
  const seen = (element: Element | null) => element !== null && element.getBoundingClientRect().height > 100;
  return [...document.querySelectorAll("figure[data-figure]")].map((figure) => {
    const image = figure.querySelector("img")!;
    const there = seen(image) && image.complete && image.naturalWidth > 0;
    const source = [...figure.querySelectorAll("source, img")].find(
      (part) => (part.getAttribute("srcset") ?? part.getAttribute("src")) === image.currentSrc,
    );
    return {
      figure: figure.getAttribute("data-figure")!,
      picture: there ? (source?.getAttribute("media") ?? "light") : null,
      live: seen(figure.querySelector(".live svg")),
    };
  });
}

/** The texts of a figure's axis labels. */
export function axisLabels(figure: string): string[] {
  const labels = document.querySelectorAll(`figure[data-figure="${figure}"] .live .role-axis-label text`);
  return [...labels].map(({ textContent }) => textContent ?? "");
}

/** Points that a figure's runs are drawn as. */
export function runPoints(figure: string): number {
  return document.querySelectorAll(`figure[data-figure="${figure}"] .live .run_marks path`).length;
}
