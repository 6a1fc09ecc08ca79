// A small line chart of one value over the last minutes, in SVG.

import { h } from "/web/dom.js";

const width = 600;
const height = 150;
const top = 12;
const points = 120;

// A round number not below the value, so that the scale does not jump with every sample.
const niceLimit = (value, isBytes) => {
  if (!(value > 0)) return 1;
  if (isBytes) return 2 ** Math.ceil(Math.log2(value));
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * unit >= value) * unit;
};

export class Chart {
  // A sample is added every second; `format` writes a value.
  constructor(title, format, isBytes = false) {
    this.format = format;
    this.isBytes = isBytes;
    this.samples = [];
    this.area = h("path", { class: "area" });
    this.line = h("path", { class: "line", "vector-effect": "non-scaling-stroke" });
    this.cursor = h("line", { class: "cursor", y1: 0, y2: height, visibility: "hidden",
      "vector-effect": "non-scaling-stroke" });
    const grid = [0, 1, 2].map((row) => {
      const y = top + ((height - top) * row) / 2 - (row === 2 ? 0.5 : 0);
      return h("line", { class: "grid", x1: 0, x2: width, y1: y, y2: y,
        "vector-effect": "non-scaling-stroke" });
    });
    this.plot = h("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none",
      role: "img", "aria-label": title }, grid, this.area, this.line, this.cursor);
    this.value = h("span", { class: "chart-value" }, "–");
    this.limit = h("span", { class: "chart-limit" });
    this.note = h("span", { class: "chart-note" });
    this.element = h("figure", { class: "chart" },
      h("figcaption", {}, h("span", { class: "chart-title" }, title), this.note, this.value),
      h("div", { class: "chart-plot" }, this.plot, this.limit));
    this.plot.addEventListener("pointermove", (event) => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.point(null));
  }

  add(value) {
    this.samples.push(Number.isFinite(value) ? Math.max(value, 0) : 0);
    if (this.samples.length > points) this.samples.shift();
    this.draw();
  }

  x(index) {
    return width - ((this.samples.length - 1 - index) * width) / (points - 1);
  }

  draw() {
    const limit = niceLimit(Math.max(...this.samples), this.isBytes);
    const y = (value) => height - (value / limit) * (height - top);
    const steps = this.samples.map((value, i) => `${this.x(i).toFixed(1)},${y(value).toFixed(1)}`);
    const path = `M${steps.join("L")}`;
    this.line.setAttribute("d", path);
    this.area.setAttribute("d", `${path}L${width},${height}L${this.x(0).toFixed(1)},${height}Z`);
    this.limit.textContent = this.format(limit);
    if (!this.pointed) this.value.textContent = this.format(this.samples.at(-1));
  }

  // Shows the sample under the pointer instead of the last one.
  point(event) {
    this.pointed = event !== null;
    let index = this.samples.length - 1;
    if (event && index >= 0) {
      const box = this.plot.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * width;
      index -= Math.round(((width - x) * (points - 1)) / width);
      index = Math.min(Math.max(index, 0), this.samples.length - 1);
    }
    this.cursor.setAttribute("visibility", event && index >= 0 ? "visible" : "hidden");
    this.cursor.setAttribute("x1", this.x(index));
    this.cursor.setAttribute("x2", this.x(index));
    const ago = this.samples.length - 1 - index;
    this.note.textContent = event && ago > 0 ? `${ago} s ago` : "";
    if (index >= 0) this.value.textContent = this.format(this.samples[index]);
  }
}
