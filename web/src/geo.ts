// Places and paths on the ground. A place is its longitude and latitude.
export type Place = [number, number];

const METRES_PER_DEGREE = 111_195;

// Metres to the east and to the north from one place to another near it.
function apart([west, south]: Place, [east, north]: Place): [number, number] {
  const shrunk = Math.cos((south + north) * Math.PI / 360);
  return [METRES_PER_DEGREE * (east - west) * shrunk, METRES_PER_DEGREE * (north - south)];
}

export function metres(from: Place, to: Place): number {
  return Math.hypot(...apart(from, to));
}

// Metres up to each point of a path.
export function lengths(path: Place[]): number[] {
  let sum = 0;
  return path.map((place, index) => {
    const before = path[index - 1];
    sum += before ? metres(before, place) : 0;
    return sum;
  });
}

// The place so many metres along a path; undefined beyond its end.
export function along(path: Place[], distance: number): Place | undefined {
  let left = distance;
  for (const [index, to] of path.entries()) {
    const from = path[index - 1];
    const length = from ? metres(from, to) : 0;
    if (from && left <= length) {
      const share = length > 0 ? left / length : 0;
      return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
    }
    left -= length;
  }
  return undefined;
}

// Metres from a place to the nearest of a line, and the share of the line up to there.
export function nearestOn(from: Place, to: Place, place: Place): {off: number; share: number} {
  const [[east, north], [x, y]] = [apart(from, to), apart(from, place)];
  const square = east * east + north * north;
  const share = square > 0 ? Math.min(Math.max((x * east + y * north) / square, 0), 1) : 0;
  return {off: Math.hypot(x - share * east, y - share * north), share};
}
