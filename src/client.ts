/** The running service, asked over HTTP. */

import { isWildcard } from '../api/security.js';
import { CaptureError } from '../captures/sources/source.js';

export interface ClientOptions {
  readonly host: string;
  readonly port: number;
  readonly token?: string | undefined;
}

export class Client {
  private constructor(
    private readonly base: string,
    private readonly token: string | undefined,
  ) {}

  /** The netglass at this address; undefined when none answers there. */
  static async find({ host, port, token }: ClientOptions): Promise<Client | undefined> {
    const name = isWildcard(host) ? '127.0.0.1' : host;
    const client = new Client(`http://${name.includes(':') ? `[${name}]` : name}:${port}`, token);
    let answer: Response;
    try {
      answer = await fetch(`${client.base}/api/health`, { headers: client.headers, signal: AbortSignal.timeout(2000) });
    } catch {
      return undefined; // nobody listens, or not with HTTP
    }
    if (answer.status === 401)
      throw new CaptureError(
        'io',
        `The service at ${client.base} demands its token.`,
        'Give it: --token TOKEN, or NETGLASS_TOKEN',
      );
    if (!answer.ok) return undefined;
    const health = (await answer.json().catch(() => ({}))) as { name?: string };
    return health.name === 'netglass' ? client : undefined;
  }

  /** @throws CaptureError in the service's own words */
  async ask(method: string, path: string, body?: ReadableStream<Uint8Array>): Promise<Response> {
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { 'Content-Type': 'application/octet-stream' }) },
      ...(body === undefined ? {} : { body, duplex: 'half' as const }),
    });
    return this.require(answer);
  }

  /** Sends a value as JSON, and reads the answer as JSON. @throws CaptureError in the service's own words */
  async exchange<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.require(
      await fetch(`${this.base}${path}`, {
        method,
        headers: { ...this.headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private async require(answer: Response): Promise<Response> {
    if (answer.ok) return answer;
    const { detail, hint } = (await answer.json().catch(() => ({}))) as { detail?: string; hint?: string };
    throw new CaptureError('io', detail ?? `The service answered ${answer.status}.`, hint);
  }

  private get headers(): Record<string, string> {
    return this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` };
  }
}

/** What commands say of the service that they go by, besides what they do with it. */
export interface ServiceOptions {
  readonly serviceHost: string;
  readonly servicePort: number;
  readonly token?: string | undefined;
  readonly alone?: boolean | undefined;
  /** Id of one of its captures. */
  readonly capture?: string | undefined;
}

/**
 * The service to go by; undefined where none runs, or none is wanted.
 *
 * @throws CaptureError when its capture is wanted, and none answers
 */
export async function serviceOf(options: ServiceOptions): Promise<Client | undefined> {
  const { serviceHost: host, servicePort: port, token, alone, capture } = options;
  const client = alone === true ? undefined : await Client.find({ host, port, token });
  if (client === undefined && capture !== undefined)
    throw new CaptureError(
      'io',
      `No service answers at ${host}, port ${port}, so capture ${capture} is out of reach.`,
      'Start one (netglass start), or leave --capture and --alone out.',
    );
  return client;
}
