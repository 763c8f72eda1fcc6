// Statuses of requests as they come over the WebSocket. A lost connection is made again; the server then repeats all that is
// unfinished or has just ended, so nothing is missed.
import {call, type Schemas} from './api';
import type {Place} from './geo';

// Where the walker is, as the service tells it.
export interface Progress {
  route_id: string;
  on_route: boolean;
  metres_off_route: number;
  remaining_metres: number;
  next_poi_id?: number;
  metres_to_next?: number;
  next_instruction?: {maneuver: string; text: string; metres: number; street?: string; bearing?: number};
}

type Frame = ({type: 'route_generation_status'} & Status) | ({type: 'walk_progress'} & Progress) | {type: 'error'};

interface Walker {
  id: string;
  place?: Place;
  heed: (progress: Progress) => void;
  linked: (isUp: boolean) => void;
}

export type Status = Omit<Schemas['RequestStatus'], 'created_at'>;

const [SHORTEST, LONGEST] = [500, 30_000];
// The service takes two places a second.
const BETWEEN_PLACES = 550;

export class Live {
  #socket: WebSocket | undefined;
  #tries = 0;
  #retry = 0;
  #wanted = false;
  #last = new Map<string, Status>();
  #walker: Walker | undefined;
  #sending = 0;
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

  // Takes the places of somebody on that walk, and tells what follows. While there is no connection, the latest waits.
  walk(id: string, heed: Walker['heed'], linked: Walker['linked']): {at(place: Place): void; stop(): void} {
    const walker: Walker = {id, heed, linked};
    this.#walker = walker;
    if ((this.#socket?.readyState ?? WebSocket.CLOSED) === WebSocket.CLOSED) {
      linked(false);
    }
    return {
      at: (place) => {
        walker.place = place;
        this.#sendPlace();
      },
      stop: () => {
        if (this.#walker === walker) {
          this.#walker = undefined;
        }
      },
    };
  }

  // Sends the latest place now, or as soon as it may be.
  #sendPlace(): void {
    if (!this.#sending) {
      this.#tellPlace();
    }
  }

  #tellPlace(): void {
    this.#sending = 0;
    const {id, place} = this.#walker ?? {};
    if (place && this.#socket?.readyState === WebSocket.OPEN) {
      delete this.#walker?.place;
      this.#socket.send(JSON.stringify({type: 'update_location', route_id: id, location: {type: 'Point', coordinates: place}}));
      this.#sending = window.setTimeout(() => this.#tellPlace(), BETWEEN_PLACES);
    }
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
    socket.onopen = () => {
      this.#tries = 0;
      this.#walker?.linked(true);
      this.#sendPlace();
    };
    socket.onmessage = ({data}: MessageEvent<string>) => {
      const frame = JSON.parse(data) as Frame;
      if (frame.type === 'route_generation_status') {
        this.#hear(frame);
      } else if (frame.type === 'walk_progress' && frame.route_id === this.#walker?.id) {
        this.#walker.heed(frame);
      }
    };
    socket.onclose = () => {
      this.#walker?.linked(false);
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
