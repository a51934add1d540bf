// Asks the signing helper on this PC. What it says is shown, never believed: whether a document is
// signed is known to the service alone, and the next page shows it.
"use strict";

const OPERATIONS = new Set([
  "SignApproved", "SignIssued", "SignAppendix", "SignCopy", "SignIncome", "SignFiles",
]);

const ask = (address, operation, told, hear) => {
  let heard = false;
  const once = (answer) => {
    if (!heard) {
      heard = true;
      hear(answer);
    }
  };
  let socket;
  try {
    socket = new WebSocket(`${address}/${operation}`);
  } catch {
    once(null);
    return;
  }
  socket.addEventListener("open", () => socket.send(told));
  socket.addEventListener("message", (event) => {
    try {
      once(JSON.parse(event.data));
    } catch {
      once(null);
    }
    socket.close();
  });
  socket.addEventListener("error", () => once(null));
  socket.addEventListener("close", () => once(null));
};

const line = (file) => {
  const item = document.createElement("li");
  const good = file.Status === 0;
  item.className = good ? "good" : "bad";
  item.textContent = good ? file.FileName : `${file.FileName}: ${file.Message}`;
  return item;
};

for (const place of document.querySelectorAll("[data-helper]")) {
  const { address, operation, told, next, waiting, absent, done } = place.dataset;
  const says = place.querySelector(".helper-says");
  const button = place.querySelector(".helper-do button");
  const outcomes = place.querySelector(".helper-outcomes");
  if (!OPERATIONS.has(operation)) continue;
  place.querySelector(".helper-do").hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    says.classList.remove("bad");
    says.textContent = waiting;
    ask(address, operation, told, (answer) => {
      button.disabled = false;
      const good = answer !== null && answer.Status === 0;
      says.classList.toggle("bad", !good);
      says.textContent = good ? done : (answer && (answer.Message || answer.Error)) || absent;
      if (outcomes !== null && answer !== null && Array.isArray(answer.Files)) {
        outcomes.replaceChildren(...answer.Files.map(line));
        outcomes.hidden = false;
      } else if (good) {
        window.location.assign(next);
      }
    });
  });
}
