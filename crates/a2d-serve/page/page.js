// Sends images to the service that this page came from, and shows what it says of them.
"use strict";

const at = (id) => document.getElementById(id);

function element(tag, text, name) {
  const made = document.createElement(tag);
  // Text, never markup: names of files are the user's.
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

const digits = (number) =>
  typeof number === "number" ? Number(number.toPrecision(4)).toString() : "";

// What an attack cost, as far as it is known.
function cost(known) {
  if (!known) return "not needed";
  return (known.censored ? "more than " : "") + known.iterations;
}

// The costs that an attack flags.
function flagged(limits) {
  const below = limits.below === null ? [] : [`below ${digits(limits.below)}`];
  const above = limits.above === null ? [] : [`above ${digits(limits.above)}`];
  return [...below, ...above].join(" or ") || "none";
}

// Sentences and rows on what a verdict rests on.
function evidence(said, rows, sentences) {
  switch (said.kind) {
    case "p_value":
      sentences.push(
        `p-value ${digits(said.p_value)} among ${said.held_out} benign images, flagged up to ${digits(said.alpha)}`,
      );
      evidence(said.score, rows, sentences);
      break;
    case "votes":
      sentences.push(`${said.votes.filter((vote) => vote.flags).length} of ${said.votes.length} attacks flag it, ${said.needed} must`);
      for (const vote of said.votes) rows.push([vote.attack, digits(vote.cost), flagged(vote.limits)]);
      break;
    case "stages":
      sentences.push(`${said.stages.length} of ${said.of} attacks were asked; z-scores below ${digits(said.threshold)} are flagged`);
      for (const stage of said.stages) rows.push([stage.attack, digits(stage.cost), stage.opinion]);
      break;
    case "neighbours": {
      const adversarial = said.nearer.adversarial + said.weight * said.tied.adversarial;
      sentences.push(`${digits(adversarial)} of the ${said.k} most similar known images are adversarial, more than ${digits(said.threshold * said.k)} must be`);
      break;
    }
    case "text":
      sentences.push(said.text);
      break;
  }
}

function verdict(record, picture) {
  const name = record.adversarial === null ? "none" : record.adversarial ? "adversarial" : "benign";
  const article = element("article", undefined, name);
  if (picture) {
    const image = element("img");
    image.alt = "";
    image.src = picture;
    article.append(image);
  } else {
    article.append(element("span"));
  }
  const text = element("div");
  text.append(element("h2", name === "none" ? "No verdict" : name === "benign" ? "Benign" : "Adversarial"));
  text.append(element("p", record.input, "name"));
  const confidence = (100 * record.confidence).toFixed(2);
  text.append(element("p", `Class ${record.predicted} with ${confidence} %, ${record.queries} queries`));
  const rows = [];
  const sentences = record.reason ? [record.reason] : [];
  if (record.explanation) evidence(record.explanation, rows, sentences);
  for (const sentence of sentences) text.append(element("p", sentence, "why"));
  article.append(text);
  const known = rows.length
    ? rows
    : Object.entries(record.costs).map(([attack, said]) => [attack, cost(said), ""]);
  const table = element("table");
  const line = (tag, cells) => {
    const row = element("tr");
    row.append(...cells.map((cell) => element(tag, cell)));
    return row;
  };
  table.append(line("th", ["attack", "cost", "flagged"]), ...known.map((cells) => line("td", cells)));
  article.append(table);
  return article;
}

// The verdicts of files, in whose order they come: one for a picture, as many as there are images in it for an array.
function articles(files, records) {
  const left = [...records];
  return files.flatMap((file) => {
    if (file.type.startsWith("image/")) return [verdict(left.shift(), URL.createObjectURL(file))];
    const made = [];
    while (left.length && (left[0].input === file.name || left[0].input.startsWith(`${file.name}[`))) {
      made.push(verdict(left.shift()));
    }
    return made;
  });
}

async function screen(files) {
  if (files.length === 0) return;
  const form = new FormData();
  for (const file of files) form.append("image", file, file.name);
  const token = at("token").value;
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  at("state").textContent = "Attacking …";
  try {
    const answer = await fetch("v1/screen?explain=true", { method: "POST", body: form, headers });
    const said = await answer.json();
    if (!answer.ok) {
      if (answer.status === 401) at("access").open = true;
      at("state").textContent = said.detail;
      return;
    }
    at("state").textContent = "";
    at("verdicts").prepend(...articles(files, said.verdicts));
  } catch (error) {
    at("state").textContent = `The service does not answer: ${error.message}`;
  }
}

const drop = at("drop");
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  screen([...event.dataTransfer.files]);
});
at("file").addEventListener("change", (event) => {
  screen([...event.target.files]);
  event.target.value = "";
});

fetch("v2/models/a2d")
  .then((answer) => answer.json())
  .then((model) => {
    const [, channels, height, width] = model.inputs[0].shape;
    at("model").textContent =
      `The model is ${model.parameters.model}, for images of ${width} x ${height} pixels in ` +
      `${channels === 1 ? "grey" : "colours"}; the attacks are ${model.parameters.attacks.join(", ")}.`;
  })
  .catch(() => {});
