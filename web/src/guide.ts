// On the way: what to do next, the next stop, what is left.
import type {Schemas} from './api';
import {keepAwake} from './awake';
import {button, el} from './dom';
import type {Live, Progress} from './live';
import type {Place} from './geo';
import {notice} from './notice';
import {Track} from './track';
import {directions, nameOf} from './walk';
import {device, simulated, simulation} from './whereabouts';
import {count, distance, minutes} from './words';

type Walk = Schemas['RouteView'];

const SIGNS: Record<string, string> = {
  depart: '↑', continue: '↑', slight_left: '↖', left: '←', sharp_left: '↙', slight_right: '↗', right: '→', sharp_right: '↘',
  u_turn: '↶', return: '↶', arrive: '◎', finish: '⚑',
};
// A service that says nothing for so long is away, though the connection may not know yet.
const SILENCE = 5_000;
// Who is so near to the end has arrived, once he was further away: a round walk begins where it ends.
const [ARRIVED_METRES, AWAY_METRES] = [15, 50];

export interface Guiding {
  walk: Walk;
  live: Live;
  moved(place: Place | undefined): void;
  // The way is over, at its end or before.
  done(view: HTMLElement): void;
  back(): void;
}

// Seconds that are left: of the way, and of visits from the next stop on.
function secondsLeft({details, distance_metres, pois}: Walk, {remaining_metres, next_poi_id}: Progress): number {
  const walking = details.legs.reduce((sum, leg) => sum + leg.duration_seconds, 0);
  const next = pois.findIndex(({id}) => id === next_poi_id);
  const visits = (next < 0 ? [] : pois.slice(next)).reduce((sum, stop) => sum + stop.visit_seconds, 0);
  return walking * remaining_metres / (distance_metres || 1) + visits;
}

function arrived({walk, back}: Guiding): HTMLElement {
  return el('section', {}, el('h2', {tabindex: -1}, 'That was your walk'),
    el('p', {}, `${distance(walk.distance_metres)} on foot, past ${count(walk.pois.length, 'stop')}. We hope you liked it.`),
    button('Look at it again', back, 'main'));
}

// Leads along a walk until its end; the function ends it.
export function guide(guiding: Guiding): {view: HTMLElement; end: () => void} {
  const {walk, live, moved, done, back} = guiding;
  const speed = simulation();
  const sign = el('span', {class: 'sign', 'aria-hidden': 'true'}, '↑');
  const ahead = el('span', {class: 'ahead'});
  const said = el('p', {class: 'said', role: 'status'}, 'Looking where you are …');
  const stop = el('p', {class: 'next-stop'});
  const left = el('p', {class: 'soft left'});
  const bar = el('progress', {max: walk.distance_metres, value: 0, 'aria-label': 'Progress of your walk'});
  const [trouble, link] = [el('div'), el('div', {role: 'status'})];
  const track = new Track(walk);
  let [wasAway, isLinked, heard] = [false, true, Date.now()];

  const say = (text: string) => {
    if (said.textContent !== text) {
      said.textContent = text;
    }
  };
  const heed = (progress: Progress) => {
    const {next_instruction: next, next_poi_id, metres_to_next = 0, remaining_metres, on_route} = progress;
    wasAway ||= remaining_metres > AWAY_METRES;
    if (on_route && wasAway && remaining_metres < ARRIVED_METRES) {
      end();
      done(arrived(guiding));
      return;
    }
    sign.textContent = SIGNS[next?.maneuver ?? 'continue'] ?? '↑';
    ahead.textContent = next ? distance(next.metres) : '';
    say(next?.text ?? 'Follow the line on the map.');
    const place = walk.pois.find(({id}) => id === next_poi_id);
    stop.textContent = place ? `Next stop: ${nameOf(place)}, ${distance(metres_to_next)}` : 'All stops are behind you.';
    left.textContent = `${minutes(secondsLeft(walk, progress))} and ${distance(remaining_metres)} left`;
    bar.value = walk.distance_metres - remaining_metres;
  };
  const linked = (isUp: boolean) => {
    isLinked = isUp;
    link.replaceChildren(...(isUp ? [] : [el('p', {class: 'notice'}, 'No connection: your device leads you alone, and tries again.')]));
  };
  const lost = () => trouble.replaceChildren(notice(new Error('your device does not tell us where it is: allow it, or follow the directions below')));

  const walker = live.walk(walk.id, (progress) => {
    heard = Date.now();
    heed(progress);
  }, linked);
  const watch = speed > 0 ? simulated(walk.path.coordinates as Place[], speed) : device;
  const unwatch = watch((place) => {
    trouble.replaceChildren();
    moved(place);
    walker.at(place);
    const progress = track.progress(place);
    if (!isLinked || Date.now() - heard > SILENCE) {
      heed(progress);
    }
  }, lost);
  const sleep = keepAwake();
  const end = () => {
    unwatch();
    walker.stop();
    sleep();
    moved(undefined);
  };
  const view = el('section', {id: 'guide'}, el('h2', {tabindex: -1, class: 'unseen'}, 'On the way'),
    el('div', {class: 'next'}, sign, ahead, said), trouble, link, stop, left, bar,
    speed > 0 && el('p', {class: 'soft'}, `A simulated walker, ${speed} times as fast as people are.`),
    button('End the walk', () => { end(); back(); }, 'quiet'),
    directions(walk));
  return {view, end};
}
