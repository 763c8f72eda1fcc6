// The map: streets, places, where the walk begins and ends, and the walk itself.
import 'maplibre-gl/dist/maplibre-gl.css';
import {GeoJSONSource, Map, Marker, NavigationControl, Popup, ScaleControl, setWorkerUrl} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import {call} from './api';
import {button, el} from './dom';
import type {Place} from './geo';
import {STOPS, style, walkData, type Drawn} from './style';

setWorkerUrl(new URL(workerUrl, location.href).href);

const darkness = matchMedia('(prefers-color-scheme: dark)');
const HELSINKI: Place = [24.9522, 60.169];

export interface Wishes {
  // A tap on the map, where it asks for one.
  tapped(place: Place): void;
  moved(which: 'start' | 'end', place: Place): void;
  startHere(place: Place): void;
}

export class WalkMap {
  readonly map: Map;
  #walk: Drawn | undefined;
  #pins: {start?: Marker; end?: Marker} = {};
  #walker: Marker | undefined;
  #popup: Popup | undefined;

  constructor(container: HTMLElement, private readonly wishes: Wishes) {
    this.map = new Map({
      container,
      style: this.#style(),
      center: HELSINKI,
      zoom: 14,
      maxZoom: 19,
      hash: 'map',
      attributionControl: {compact: false},
      dragRotate: false,
    });
    this.map.addControl(new NavigationControl({showCompass: false}), 'top-right');
    this.map.addControl(new ScaleControl({}), 'bottom-left');
    this.map.getCanvas().setAttribute('aria-label', 'Map. Arrow keys move it, plus and minus zoom.');
    this.map.on('click', ({point, lngLat}) => this.#clicked(point, lngLat.toArray()));
    for (const layer of ['pois', STOPS]) {
      this.map.on('mouseenter', layer, () => { this.map.getCanvas().style.cursor = 'pointer'; });
      this.map.on('mouseleave', layer, () => { this.map.getCanvas().style.cursor = ''; });
    }
    this.map.on('style.load', () => this.#draw());
    darkness.addEventListener('change', () => this.map.setStyle(this.#style()));
  }

  get center(): Place {
    return this.map.getCenter().toArray();
  }

  #style() {
    return style(darkness.matches, this.#walk);
  }

  #clicked(point: {x: number; y: number}, at: Place): void {
    const [place] = this.map.queryRenderedFeatures([point.x, point.y], {layers: [STOPS, 'pois']});
    if (place) {
      void this.tellOf(Number(place.properties.id), at);
    } else {
      this.wishes.tapped(at);
    }
  }

  // Puts the pin where the walk is to begin or end; takes it away without a place.
  pin(which: 'start' | 'end', place: Place | undefined): void {
    let pin = this.#pins[which];
    if (!place) {
      pin?.remove();
      delete this.#pins[which];
    } else if (pin) {
      pin.setLngLat(place);
    } else {
      const element = el('div', {class: `pin ${which}`}, el('span', {}, which === 'start' ? 'A' : 'B'));
      pin = new Marker({element, draggable: true}).setLngLat(place).addTo(this.map);
      element.setAttribute('aria-label', which === 'start' ? 'Start of the walk' : 'End of the walk');
      pin.on('dragend', ({target}) => this.wishes.moved(which, target.getLngLat().toArray()));
      this.#pins[which] = pin;
    }
  }

  // Shows where the walker is, and goes along; nobody walks without a place.
  follow(place: Place | undefined): void {
    if (!place) {
      this.#walker?.remove();
      this.#walker = undefined;
      return;
    }
    if (!this.#walker) {
      const element = el('div', {class: 'walker', role: 'img', 'aria-label': 'You are here'});
      this.#walker = new Marker({element}).setLngLat(place).addTo(this.map);
    }
    this.#walker.setLngLat(place);
    this.map.easeTo({center: place, zoom: Math.max(this.map.getZoom(), 16), duration: 500});
  }

  goTo(place: Place): void {
    this.map.easeTo({center: place, zoom: Math.max(this.map.getZoom(), 14)});
  }

  // Tells of a place in a bubble on the map.
  async tellOf(id: number, at: Place): Promise<void> {
    const place = await call('get', '/api/v1/pois/{poi_id}', {at: {poi_id: id}}).catch(() => undefined);
    if (!place) {
      return;
    }
    this.#popup?.remove();
    const start = () => {
      this.#popup?.remove();
      this.wishes.startHere(place.location.coordinates as Place);
    };
    const content = el('div', {class: 'bubble'},
      el('strong', {}, place.name ?? place.kind.replaceAll('_', ' ')),
      place.narrative && el('p', {}, place.narrative),
      !this.#walk && button('Start here', start, 'quiet'));
    this.#popup = new Popup({maxWidth: '17rem'}).setLngLat(at).setDOMContent(content).addTo(this.map);
  }

  // Puts the walk into the style, when there is one; other places stand back then.
  #draw(): void {
    for (const [name, data] of Object.entries(walkData(this.#walk))) {
      this.map.getSource<GeoJSONSource>(name)?.setData(data);
    }
    for (const [layer, part] of [['pois', 'circle-opacity'], ['pois', 'circle-stroke-opacity'], ['poi-names', 'text-opacity']] as const) {
      if (this.map.getLayer(layer)) {
        this.map.setPaintProperty(layer, part, this.#walk ? 0.35 : 1);
      }
    }
  }

  // Draws a walk, or none.
  show(walk: Drawn | undefined): void {
    const isOther = walk?.path !== this.#walk?.path;
    this.#walk = walk;
    this.#popup?.remove();
    this.#draw();
    if (walk && isOther) {
      const [west = 0, south = 0, east = 0, north = 0] = walk.bounds;
      this.map.fitBounds([west, south, east, north], {padding: 60, maxZoom: 17});
    }
  }
}
