"use strict";
// Shows where a figure comes from when it is pointed at or focused: what stands beside it, and the list at the page's end.
(() => {
  const figures = Array.from(document.querySelectorAll("data[data-fact]"));
  const list = document.getElementById("figure_origins");
  const note = document.createElement("div");
  note.id = "figure-note";
  note.setAttribute("role", "tooltip");
  note.hidden = true;
  document.body.append(note);
  let shown = null;
  let leaving = 0;

  const told = (kind, name) =>
    Array.from(list.querySelector(`[data-${kind}="${CSS.escape(name)}"]`)?.children ?? [], (part) => part.textContent);
  const label = (metric) => told("metric", metric)[0] ?? metric.replaceAll("_", " ");

  const lines = (figure) => {
    const [metric, ...others] = figure.dataset.fact.split("|");
    const [role, period] = [others.pop(), others.pop()];
    const grain = others.join("|").split(",").filter(Boolean).map((pair) => pair.split("="));
    const of = grain.find(([key]) => key === "of");
    const about = grain.filter(([key]) => key !== "of").map(([key, ...value]) => `${key.replaceAll("_", " ")} ${value.join("=")}`);
    const [, meaning, formula, source] = told("metric", metric);
    const [means, instead, other] = told("role", role);
    const tables = other || source || (of && told("metric", of[1])[3]);
    return [
      ["label", [label(metric), of && `of ${label(of[1])}`, means].filter(Boolean).join(", ")],
      ["", figure.value && `Exactly: ${Number(figure.value).toLocaleString("en", { maximumFractionDigits: 6 }).replace("-", "−")}`],
      ["", !instead && meaning],
      ["", (instead || formula) && `Formula: ${instead || formula}`],
      ["", figure.dataset.n && `Rests on: ${figure.dataset.n} ${figure.dataset.n === "1" ? "case" : "cases"}`],
      ["", figure.dataset.range && `Interval (95 %): ${figure.dataset.range}`],
      ["", `Period: ${period}${about.length ? `; ${about.join(", ")}` : ""}`],
      ["", tables && `Source: ${tables}`],
    ].filter(([, text]) => text);
  };

  const place = (figure) => {
    const box = figure.getBoundingClientRect();
    const [width, height] = [note.offsetWidth, note.offsetHeight];
    const over = box.bottom + height + 12 > innerHeight && box.top > height + 12;
    note.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8)) + scrollX}px`;
    note.style.top = `${(over ? box.top - height - 4 : box.bottom + 4) + scrollY}px`;
  };
  const hide = () => {
    clearTimeout(leaving);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    note.hidden = true;
  };
  const show = (figure) => {
    clearTimeout(leaving);
    if (figure === shown) return;
    hide();
    shown = figure;
    note.replaceChildren(...lines(figure).map(([kind, text]) => {
      const line = document.createElement("p");
      line.className = kind;
      line.textContent = text;
      return line;
    }));
    note.hidden = false;
    figure.setAttribute("aria-describedby", note.id);
    place(figure);
  };

  const figureAt = (target) => target instanceof Element ? target.closest("data[data-fact]") : null;
  document.addEventListener("pointerover", ({ target }) => {
    const figure = figureAt(target);
    if (figure) show(figure);
    else if (note.contains(target)) clearTimeout(leaving);
    else if (shown && shown !== document.activeElement) {
      // Time to reach the note itself, which can then be read and selected.
      clearTimeout(leaving);
      leaving = setTimeout(hide, 250);
    }
  });
  document.addEventListener("focusin", ({ target }) => { if (figureAt(target)) show(target); });
  document.addEventListener("focusout", ({ target }) => { if (target === shown) hide(); });
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });

  // A box is a stop of the Tab key only while there is something to scroll in it.
  const boxes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".table, .plot")) boxes.observe(box);

  // Each figure of the text is a stop of the Tab key; of a table only one is, and arrows lead on from it.
  for (const figure of figures) figure.tabIndex = figure.closest("td, th") ? -1 : 0;
  for (const table of document.querySelectorAll("table")) {
    const within = Array.from(table.querySelectorAll("data[data-fact]"));
    if (!within.length) continue;
    within[0].tabIndex = 0;
    const column = (figure) => figure.closest("td, th").cellIndex;
    const to = (figure, key) => {
      const at = within.indexOf(figure);
      if (key === "ArrowRight") return within[at + 1];
      if (key === "ArrowLeft") return within[at - 1];
      const below = key === "ArrowDown" ? within.slice(at + 1) : key === "ArrowUp" ? within.slice(0, at).reverse() : [];
      return below.find((other) => column(other) === column(figure) && other.closest("tr") !== figure.closest("tr"));
    };
    table.addEventListener("keydown", (event) => {
      const next = within.includes(event.target) && to(event.target, event.key);
      if (!next) return;
      event.preventDefault();
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  }
})();
