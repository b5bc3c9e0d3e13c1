import { createInterface } from "node:readline/promises";
import { declined, usageError } from "./errors.ts";
import { clean, wrap } from "./output.ts";
import { type Style, styleFor } from "./style.ts";
import type { GlobalFlags, Io } from "./types.ts";

/** Everything a command says besides its result. All of it goes to stderr; --quiet leaves errors and questions. */
export type Ui = {
  readonly style: Style;
  readonly quiet: boolean;
  /** True when there is somebody to ask: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** `[n/m] label` */
  step(number: number, of: number, label: string): void;
  /** A line below a step. */
  note(text: string): void;
  line(text?: string): void;
  warn(text: string): void;
  /** Only with --verbose. */
  debug(text: string): void;
  /** A bar that rewrites itself on a terminal; without one, a line at each tenth. */
  progress(label: string, total: number): Progress;
  /** Yes or no. Without a terminal: an error that names the flag which answers. */
  confirm(question: string, flag: string): Promise<void>;
  /** One line of text. Without a terminal: an error that names the flag which gives it. */
  ask(question: string, flag: string): Promise<string>;
};

export type Progress = { advance(done: number): void; end(): void };

export function createUi(io: Io, globals: GlobalFlags): Ui {
  const { stderr } = io;
  const style = styleFor(stderr, io.env, globals["no-color"]);
  const say = (text: string) => {
    if (!globals.quiet) stderr.write(`${text}\n`);
  };
  const interactive = Boolean(io.stdin.isTTY) && stderr.isTTY;
  const ask = async (question: string, flag: string): Promise<string> => {
    if (!interactive) {
      throw usageError({
        code: "NO_TERMINAL",
        message: `This needs an answer and there is no terminal to ask: ${question}`,
        value: "(no terminal)",
        rule: `without a terminal the answer comes from ${flag}`,
        next: `add ${flag}`,
      });
    }
    const reader = createInterface({ input: io.stdin as NodeJS.ReadableStream, output: process.stderr });
    try {
      return await reader.question(`${question} `);
    } finally {
      reader.close();
    }
  };
  return {
    style,
    quiet: globals.quiet,
    interactive,
    step: (number, of, label) => say(`${style.dim(`[${number}/${of}]`)} ${label}`),
    note: (text) => say(stderr.isTTY ? wrap(text, style.columns - 1, " ".repeat(6)) : `      ${text}`),
    line: (text = "") => say(text),
    warn: (text) => {
      const shown = stderr.isTTY
        ? wrap(clean(text), style.columns - 1, " ".repeat(9)).trimStart()
        : clean(text);
      say(`${style.yellow("Warning:")} ${shown}`);
    },
    debug: (text) => {
      if (globals.verbose) stderr.write(`${style.dim(`DEBUG peaqos: ${clean(text)}`)}\n`);
    },
    progress: (label, total) => (globals.quiet ? silent : bar(label, total, io, style)),
    ask,
    confirm: async (question, flag) => {
      const answer = await ask(`${question} [y/N]`, flag);
      if (!/^\s*y(es)?\s*$/i.test(answer)) throw declined();
    },
  };
}

const silent: Progress = { advance: () => {}, end: () => {} };

function bar(label: string, total: number, io: Io, style: Style): Progress {
  const { stderr } = io;
  let tenth = 0;
  let last = 0;
  const draw = (done: number) => {
    const share = total === 0 ? 1 : done / total;
    if (!stderr.isTTY) {
      const now = Math.floor(share * 10);
      if (now > tenth) stderr.write(`${label} ${done}/${total}\n`);
      tenth = Math.max(tenth, now);
      return;
    }
    const room = Math.max(5, Math.min(40, stderr.columns - label.length - 2 * String(total).length - 12));
    const full = Math.round(share * room);
    const text = `${label} ${style.green("█".repeat(full))}${"░".repeat(room - full)} ${done}/${total}`;
    stderr.write(`\r\u001b[2K${text}`);
  };
  return {
    advance: (done) => {
      last = done;
      draw(done);
    },
    end: () => {
      if (stderr.isTTY) {
        draw(last);
        stderr.write("\n");
      }
    },
  };
}
