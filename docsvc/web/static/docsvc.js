// Conveniences only: every page does its work without this file.
"use strict";

// Select all, and how many are selected.
for (const all of document.querySelectorAll("[data-select-all]")) {
  const name = all.dataset.selectAll;
  const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${name}"]`)];
  const count = document.querySelector(`[data-count-of="${name}"]`);
  all.closest(".select-all").hidden = false;
  count.hidden = false;
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = boxes.length > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    count.textContent = count.dataset.text.replace("%", `${chosen}/${boxes.length}`);
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}

// Files can be dropped, and the chosen ones are listed.
for (const form of document.querySelectorAll("[data-drop]")) {
  const zone = form.querySelector(".drop");
  const input = zone.querySelector("input[type=file]");
  const list = zone.querySelector(".chosen");
  zone.querySelector(".drop-hint").hidden = false;
  const show = () => {
    list.replaceChildren(
      ...[...input.files].map((file) => {
        const line = document.createElement("li");
        line.textContent = `${file.name} · ${Math.max(1, Math.round(file.size / 1024))} KB`;
        return line;
      }),
    );
    list.hidden = input.files.length === 0;
  };
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    const kept = new DataTransfer();
    for (const file of input.multiple ? files : files.slice(0, 1)) kept.items.add(file);
    input.files = kept.files;
    show();
  });
  show();
}

// A second click on the same button sends nothing twice.
for (const form of document.querySelectorAll("[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) {
      setTimeout(() => (button.disabled = true), 0);
    }
    form.classList.add("sending");
  });
  window.addEventListener("pageshow", () => {
    form.classList.remove("sending");
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  });
}

// A document on its way is looked at again, unless somebody is at work on the page.
for (const moving of document.querySelectorAll("[data-refresh]")) {
  const again = () => {
    const typing = document.activeElement?.closest("form") != null;
    if (!document.hidden && !typing && !document.querySelector("details[open]")) {
      window.location.reload();
    }
  };
  setInterval(again, Number(moving.dataset.refresh) * 1000);
}
