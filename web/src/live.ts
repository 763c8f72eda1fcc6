// Statuses of requests as they come over the WebSocket. A lost connection is made again; the server then repeats all that is
// unfinished or has just ended, so nothing is missed.
import {call, type Schemas} from './api';

export type Status = Omit<Schemas['RequestStatus'], 'created_at'>;

const [SHORTEST, LONGEST] = [500, 30_000];

export class Live {
  #socket: WebSocket | undefined;
  #tries = 0;
  #retry = 0;
  #wanted = false;
  #last = new Map<string, Status>();
  #followers = new Map<string, (status: Status) => void>();

  constructor() {
    addEventListener('online', () => this.#again());
    document.addEventListener('visibilitychange', () => document.hidden || this.#again());
  }

  // Keeps a connection from now on.
  start(): void {
    this.#wanted = true;
    this.#again();
  }

  // Ends it, as after a log-out.
  stop(): void {
    this.#wanted = false;
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#last.clear();
    this.#followers.clear();
  }

  // Tells each status of a request until its end. While the WebSocket is silent, it asks now and then.
  follow(id: string, heed: (status: Status) => void): void {
    this.#followers.set(id, heed);
    const known = this.#last.get(id);
    if (known) {
      this.#hear(known);
    }
    void this.#poll(id, 2_000);
  }

  // Tells nothing more of a request.
  forget(id: string): void {
    this.#followers.delete(id);
  }

  async #poll(id: string, pause: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, jittered(pause)));
    if (!this.#followers.has(id)) {
      return;
    }
    const status = await call('get', '/api/v1/routes/status/{request_id}', {at: {request_id: id}}).catch(() => undefined);
    if (status) {
      this.#hear(status);
    }
    void this.#poll(id, Math.min(pause * 1.5, 10_000));
  }

  #hear(status: Status): void {
    this.#last.set(status.request_id, status);
    const heed = this.#followers.get(status.request_id);
    if (status.status === 'complete' || status.status === 'failed') {
      this.#followers.delete(status.request_id);
    }
    heed?.(status);
  }

  #again(): void {
    clearTimeout(this.#retry);
    if (this.#wanted && (this.#socket?.readyState ?? WebSocket.CLOSED) === WebSocket.CLOSED) {
      this.#open();
    }
  }

  #open(): void {
    const url = new URL('/ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => { this.#tries = 0; };
    socket.onmessage = ({data}: MessageEvent<string>) => {
      const frame = JSON.parse(data) as {type: string} & Status;
      if (frame.type === 'route_generation_status') {
        this.#hear(frame);
      }
    };
    socket.onclose = () => {
      const pause = Math.min(SHORTEST * 2 ** this.#tries, LONGEST);
      this.#tries += 1;
      this.#retry = window.setTimeout(() => this.#again(), jittered(pause));
    };
  }
}

// Half of the time to all of it: many clients do not come back at once.
function jittered(pause: number): number {
  return pause * (0.5 + Math.random() / 2);
}
