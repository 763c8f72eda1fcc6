// Figures in words.
import type {Schemas} from './api';

let units: Schemas['UnitSystem'] = 'metric';

export function useUnits(system: Schemas['UnitSystem']): void {
  units = system;
}

export function distance(metres: number): string {
  if (units === 'imperial') {
    const miles = metres / 1609.344;
    return miles < 0.2 ? `${Math.round(metres * 3.28084 / 10) * 10} ft` : `${miles.toFixed(1)} mi`;
  }
  return metres < 995 ? `${Math.max(5, Math.round(metres / 5) * 5)} m` : `${(metres / 1000).toFixed(1)} km`;
}

export function minutes(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds / 60));
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  return hours === 0 ? `${whole} min` : rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

export function listed(names: string[]): string {
  return new Intl.ListFormat('en').format(names);
}

export function day(time: string): string {
  return new Intl.DateTimeFormat('en', {dateStyle: 'medium', timeStyle: 'short'}).format(new Date(time));
}
