const LENGTH = 200;

/** The first characters of a statement as a log may show them: on one line, with every literal replaced. */
export function shownStatement(text: string): string {
  return text
    .slice(0, 4 * LENGTH)
    .replace(/\$(\w*)\$[^]*?(\$\1\$|$)|[EeBbXxNn]?'(?:[^']|'')*('|$)/g, "'?'")
    .replace(/--[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LENGTH);
}

/** Whether a statement only asks, so that it may be repeated whatever became of it. */
export function isQuestion(text: string): boolean {
  return /^\s*(select|show)\b/i.test(text) && !text.includes(';');
}

/** How statements are watched over. */
export interface Watch {
  /** A statement that is not answered by then is given up, and its connection with it. */
  readonly giveUpMs: number;
  /** Hears of every statement, however it ended. */
  readonly onStatement?: (text: string, ms: number) => void;
}
