// What the page does in the browser beyond gradio: markers and cards, whole articles in place, copying, folding.
(() => {
  "use strict";
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  const goTo = (element) => {
    element.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth", block: "center" });
    element.focus({ preventScroll: true });
    element.classList.add("nd-here");
    window.setTimeout(() => element.classList.remove("nd-here"), 1600);
  };

  // A marker [2] leads to card 2; that of an earlier answer brings its cards back first.
  const goToCard = async (id) => {
    if (!document.getElementById(id)) {
      const turn = id.slice(3, id.lastIndexOf("-"));
      const section = document.querySelector("#nd-beside .nd-sources");
      const reply = await fetch(`sources/${encodeURIComponent(turn)}`);
      if (!reply.ok || !section) return;
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      section.innerHTML = page.querySelector(".nd-sources").innerHTML;
      section.dataset.turn = turn;
    }
    const card = document.getElementById(id);
    if (card) goTo(card);
  };

  const goBack = (id) => {
    const markers = document.querySelectorAll("#nd-talk a.nd-marker");
    const marker = [...markers].find((link) => link.getAttribute("href") === `#${id}`);
    if (marker) goTo(marker);
  };

  // A copied answer is what can be read, with its sources below.
  const copied = (button) => {
    const rows = [...document.querySelectorAll("#nd-chat .nd-answer")];
    const panel = button.closest(".message-buttons-left, .message-buttons");
    const answer = rows.filter((row) => row.compareDocumentPosition(panel) & Node.DOCUMENT_POSITION_FOLLOWING).pop();
    const text = answer && answer.querySelector(".nd-text");
    if (!text) return;
    const sources = [...text.querySelectorAll("a.nd-marker")].map((link) => `${link.textContent} ${link.title}`);
    const lines = [text.innerText, "", ...new Set(sources)].join("\n").trim();
    // After gradio's own copy, which has the markup in it.
    window.setTimeout(() => navigator.clipboard && navigator.clipboard.writeText(lines), 80);
  };

  const toggleHistory = (button) => {
    const history = document.getElementById("nd-history");
    const open = history.toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(open));
    if (open) history.querySelector("button")?.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#nd-']");
    const copy = event.target.closest("#nd-chat button[aria-label='Copy message']");
    const toggle = event.target.closest("#nd-toggle");
    if (link) {
      event.preventDefault();
      const id = link.getAttribute("href").slice(1);
      if (id.endsWith("-back")) goBack(id.slice(0, -5));
      else goToCard(id);
    } else if (copy && copy.closest(".message-buttons-left, .bot-row, .bot")) copied(copy);
    else if (toggle) toggleHistory(toggle);
  });

  document.addEventListener("keydown", (event) => {
    const toggle = document.getElementById("nd-toggle");
    if (event.key === "Escape" && document.querySelector("#nd-history[data-open]") && toggle) {
      toggleHistory(toggle);
      toggle.focus();
    }
  });

  // A whole article opens where its passage stands.
  document.addEventListener(
    "toggle",
    async (event) => {
      const whole = event.target;
      if (!(whole instanceof HTMLElement) || !whole.matches("details.nd-whole") || !whole.open) return;
      const place = whole.querySelector(".nd-article");
      if (place.dataset.loaded) return;
      place.textContent = "Loading …";
      const { article, start, end } = whole.dataset;
      const reply = await fetch(`article?id=${encodeURIComponent(article)}&start=${start}&end=${end}`);
      place.innerHTML = await reply.text();
      place.dataset.loaded = reply.ok ? "yes" : "";
      const mark = place.querySelector("mark");
      if (mark) place.scrollTop = mark.offsetTop - place.offsetTop - place.clientHeight / 3;
    },
    true,
  );

  // Gradio names each message by its raw markup, and two buttons not at all; a screen reader should hear what they are.
  const names = { bot: "Answer", user: "Question" };
  const nameParts = () => {
    for (const message of document.querySelectorAll("#nd-chat [data-testid='bot'], #nd-chat [data-testid='user']")) {
      const name = names[message.dataset.testid];
      if (message.getAttribute("aria-label") !== name) message.setAttribute("aria-label", name);
    }
    // A list may hold nothing but list items, and the examples are buttons.
    document.querySelectorAll("#nd-chat .examples[role='list']").forEach((list) => list.setAttribute("role", "group"));
    for (const [kind, name] of [["submit", "Ask"], ["stop", "Stop"]]) {
      const button = document.querySelector(`#nd-box [data-testid='${kind}-button'], #nd-box .${kind}-button`);
      if (button && button.getAttribute("aria-label") !== name) button.setAttribute("aria-label", name);
    }
  };

  // The conversation follows what is written, until the reader scrolls up; a new question follows again.
  // (Gradio's own autoscroll does not let go.)
  let follows = true;
  let questions = 0;
  const log = () => document.querySelector("#nd-chat .bubble-wrap");
  document.addEventListener(
    "scroll",
    (event) => {
      const place = log();
      if (place && event.target === place) follows = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
    },
    true,
  );
  const followText = () => {
    const place = log();
    if (!place) return;
    const asked = place.querySelectorAll("[data-testid='user']").length;
    if (asked > questions) follows = true;
    questions = asked;
    if (follows) place.scrollTop = place.scrollHeight;
  };

  let pending = false;
  new MutationObserver(() => {
    if (pending) return;
    pending = true;
    window.requestAnimationFrame(() => {
      pending = false;
      nameParts();
      followText();
    });
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
})();
