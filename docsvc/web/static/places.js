// Points at the place of a mark with the mouse or the keys. The service says where the mark comes to
// stand and whether that is legal; here it is only drawn. Without this file the form does the same.
"use strict";

for (const desk of document.querySelectorAll("[data-places]")) {
  const picture = desk.querySelector("input[type=image]");
  const drawing = desk.querySelector(".placing-paper svg");
  const point = desk.querySelector("#point");
  const keep = desk.querySelector("[data-keep]");
  const says = keep.querySelector("[data-says]");
  const button = keep.querySelector("[data-keep-button]");
  const { width, height } = drawing.viewBox.baseVal;
  const perMm = 72 / 25.4;
  let asked = 0;
  desk.dataset.shown = 0;

  const draw = (boxes) => {
    for (const shape of drawing.querySelectorAll("[data-box]")) {
      const name = shape.dataset.box;
      const box = boxes.find((one) => one.mark === name && one.page === Number(keep.page.value));
      const wide = box ? box.x1 - box.x0 : 0;
      shape.setAttribute("x", box ? box.x0 : 0);
      shape.setAttribute("y", box ? height - box.y1 : 0);
      shape.setAttribute("width", wide);
      shape.setAttribute("height", box ? box.y1 - box.y0 : 0);
      shape.setAttribute("rx", name === "organisation" ? wide / 2 : 2);
    }
  };

  const show = (found) => {
    const lamp = found.legal ? "green" : found.may_be_kept ? "grey" : "red";
    for (const one of keep.querySelectorAll("[data-lamp]")) one.hidden = one.dataset.lamp !== lamp;
    const words = found.words[desk.dataset.lang];
    const head = document.createElement("strong");
    head.textContent = words ? words.sentence : desk.dataset.legal;
    says.replaceChildren(head, words ? ` ${words.action}` : "");
    keep.querySelector("[data-looked]").hidden = lamp !== "grey";
    keep.looked.checked = false;
    keep.looked.required = lamp === "grey";
    button.disabled = !found.may_be_kept;
    keep.hidden = false;
    draw(found.boxes);
    desk.dataset.shown = Number(desk.dataset.shown) + 1;
  };

  // x and y are points from the upper left corner.
  const ask = async (x, y) => {
    const mine = (asked += 1);
    keep.mark.value = point.mark.value;
    keep.x.value = Math.min(Math.max(x, 0), width);
    keep.y.value = Math.min(Math.max(height - y, 0), height);
    const query = new URLSearchParams({
      mark: keep.mark.value, page: keep.page.value, x: keep.x.value, y: keep.y.value,
    });
    try {
      const answer = await fetch(`${desk.dataset.address}?${query}`, { credentials: "same-origin" });
      const found = await answer.json();
      if (mine !== asked) return;
      if (!answer.ok) throw new Error(found.code);
      show(found);
    } catch {
      if (mine !== asked) return;
      says.textContent = desk.dataset.away;
      button.disabled = true;
      keep.hidden = false;
    }
  };

  const inMm = (x, y) => {
    point.x_mm.value = Math.round(x / perMm);
    point.y_mm.value = Math.round(y / perMm);
  };
  const where = (event) => {
    const frame = picture.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * width;
    const y = ((event.clientY - frame.top) / frame.height) * height;
    return [x, y];
  };
  const numbers = () => ask(point.x_mm.value * perMm, point.y_mm.value * perMm);

  let dragging = false;
  picture.addEventListener("pointerdown", (event) => {
    dragging = true;
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const [x, y] = where(event);
    inMm(x, y);
    ask(x, y);
  });
  picture.addEventListener("pointerup", (event) => {
    dragging = false;
    const [x, y] = where(event);
    inMm(x, y);
    ask(x, y);
  });
  // A finger that moves the sheet points at nothing.
  picture.addEventListener("pointercancel", () => (dragging = false));
  picture.addEventListener("dragstart", (event) => event.preventDefault());
  // A click sends the form where there is no script.
  picture.addEventListener("click", (event) => event.preventDefault());

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  picture.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    point.x_mm.value = Math.max(0, Number(point.x_mm.value) + far * move[0]);
    point.y_mm.value = Math.max(0, Number(point.y_mm.value) + far * move[1]);
    numbers();
  });
  for (const one of [point.x_mm, point.y_mm]) one.addEventListener("input", numbers);
  for (const one of point.querySelectorAll("[name=mark]")) one.addEventListener("change", numbers);
  // Another page is another picture.
  point.querySelector("[name=page]").addEventListener("change", () => {
    const other = new URLSearchParams({ mark: point.mark.value, page: point.page.value });
    window.location.assign(`${window.location.pathname}?${other}`);
  });
}
