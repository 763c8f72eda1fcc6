// Where the walker is: as the device tells, or as a simulated walker goes along the walk.
import {along, type Place} from './geo';

// Tells each place until the function that it returns is called; `lost` is told when there is none to be had.
export type Watch = (found: (place: Place) => void, lost: () => void) => () => void;

const WATCHING = {enableHighAccuracy: true, timeout: 30_000, maximumAge: 2_000};

export const device: Watch = (found, lost) => {
  const id = navigator.geolocation.watchPosition(({coords}) => found([coords.longitude, coords.latitude]), lost, WATCHING);
  return () => navigator.geolocation.clearWatch(id);
};

const TICK = 600;
const METRES_PER_SECOND = 1.33;

// A walker on the path, so many times as fast as people are.
export function simulated(path: Place[], speed: number): Watch {
  return (found) => {
    let gone = 0;
    const step = () => {
      const place = along(path, gone) ?? path.at(-1);
      gone += METRES_PER_SECOND * speed * TICK / 1000;
      if (place) {
        found(place);
      }
    };
    step();
    const timer = setInterval(step, TICK);
    return () => clearInterval(timer);
  };
}

const [USUAL_SPEED, TOP_SPEED] = [20, 60];

// How fast a walker is simulated, as `?simulate` in the address or `?simulate=40` says; 0: none is.
export function simulation(): number {
  const said = new URLSearchParams(location.search).get('simulate');
  return said === null ? 0 : Math.min(Math.max(Number(said) || USUAL_SPEED, 1), TOP_SPEED);
}
