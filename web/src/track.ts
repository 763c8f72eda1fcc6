// Where somebody is on a walk and what comes next, found by the page alone while the service can't be asked.
import type {Schemas} from './api';
import {lengths, nearestOn, type Place} from './geo';
import type {Progress} from './live';
import {distance} from './words';

// Who is further from the path has left it.
const ON_ROUTE_METRES = 40;
// What a metre ahead of the last place, or behind it, counts beside a metre from the path: where the path comes by twice, the
// walker goes on.
const [AHEAD, BEHIND] = [0.02, 0.1];
const SETTING_OUT_METRES = 10;

interface Told {
  at: number;
  maneuver: string;
  text: string;
}

export class Track {
  readonly #path: Place[];
  readonly #lengths: number[];
  readonly #stops: {id: number; at: number}[];
  readonly #told: Told[];
  #reached = 0;

  constructor(private readonly walk: Schemas['RouteView']) {
    const {path, details: {legs}, pois} = walk;
    this.#path = path.coordinates as Place[];
    this.#lengths = lengths(this.#path);
    const at = (index = this.#path.length - 1) => this.#lengths[index] ?? 0;
    this.#stops = pois.map(({id}, index) => ({id, at: at(legs[index + 1]?.path_start)}));
    this.#told = legs.flatMap(({steps}, index) => {
      const stop = pois[index];
      const end = {at: at(legs[index + 1]?.path_start), maneuver: stop ? 'arrive' : 'finish', text: stop ? `Stop at ${stop.name ?? 'the next place'}.` : 'Here your walk ends.'};
      return [...steps.map(({maneuver, instruction, path_start}) => ({at: at(path_start), maneuver, text: instruction})), end];
    });
  }

  #locate(place: Place): {off: number; at: number} {
    let best = {off: Infinity, at: this.#reached, cost: Infinity};
    for (const [index, to] of this.#path.entries()) {
      const from = this.#path[index - 1];
      if (from) {
        const {off, share} = nearestOn(from, to, place);
        const [begin = 0, end = 0] = this.#lengths.slice(index - 1, index + 1);
        const at = begin + share * (end - begin);
        const ahead = at - this.#reached;
        const cost = off + ahead * (ahead > 0 ? AHEAD : -BEHIND);
        best = cost < best.cost ? {off, at, cost} : best;
      }
    }
    return best;
  }

  progress(place: Place): Progress {
    const {off, at} = this.#locate(place);
    this.#reached = at;
    const isOn = off <= ON_ROUTE_METRES;
    const stop = this.#stops.find((stop) => stop.at > at);
    const told = this.#told.find((told) => told.at > at || (told.maneuver === 'depart' && at - told.at < SETTING_OUT_METRES));
    const back = {maneuver: 'return', text: `You have left the walk. Turn round: it is ${distance(off)} away.`, metres: off};
    return {
      route_id: this.walk.id,
      on_route: isOn,
      metres_off_route: off,
      remaining_metres: (this.#lengths.at(-1) ?? 0) - at,
      next_poi_id: stop?.id,
      metres_to_next: stop && stop.at - at,
      next_instruction: isOn ? told && {...told, metres: Math.max(told.at - at, 0)} : back,
    };
  }
}
