/** An answer other than 200, in vivenu's error shape. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const NAMES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The HttpError document of vivenu's OpenAPI; `statusCode` is a number, as Node frameworks send it. */
export function errorBody(status: number, message: string): string {
  return JSON.stringify({ statusCode: status, error: NAMES[status] ?? 'Error', message });
}
