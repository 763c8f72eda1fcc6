// The map: streets, places, and the walk of this user.
import {Map, Marker, NavigationControl, Popup} from '/maplibre/maplibre-gl.mjs';
import {ask} from '/api.mjs';

const HELSINKI = [24.9522, 60.169];
// A token is renewed this long before it ends.
const MARGIN = 60_000;

export class WalkMap {
  static async create(container) {
    const look = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    const style = await (await fetch(`/styles/${look}.json`)).json();
    return new WalkMap(container, style);
  }

  constructor(container, style) {
    this.walkLayers = style.layers.filter(({source}) => source === 'walk').map(({id}) => id);
    this.map = new Map({
      container,
      style,
      center: HELSINKI,
      zoom: 14,
      hash: true,
      transformRequest: (url) => ({url: new URL(url, location.href).href}),
    });
    this.map.addControl(new NavigationControl());
    this.start = new Marker({color: '#d6336c', draggable: true}).setLngLat(this.map.getCenter()).addTo(this.map);
    this.map.on('click', (event) => this.#clicked(event));
  }

  // Where the walk is to begin: longitude, latitude.
  get startLocation() {
    return this.start.getLngLat().toArray();
  }

  #clicked({point, lngLat}) {
    const [place] = this.map.queryRenderedFeatures(point, {layers: ['stops', 'pois']});
    if (place) {
      this.tellOf(place.properties.id, lngLat);
    } else {
      this.start.setLngLat(lngLat);
    }
  }

  async tellOf(id, at) {
    const {name, kind, narrative} = await ask('GET', `/pois/${id}`);
    const [title, text] = [document.createElement('strong'), document.createElement('p')];
    title.textContent = name ?? kind;
    text.textContent = narrative ?? kind;
    const content = document.createElement('div');
    content.append(title, text);
    new Popup().setLngLat(at).setDOMContent(content).addTo(this.map);
  }

  async show(walk) {
    this.map.fitBounds(walk.bounds, {padding: 60});
    await this.#openTiles(walk.id);
  }

  // The tiles of a walk need a token, which ends after a while.
  async #openTiles(id) {
    clearTimeout(this.renewal);
    const {url_template, expires_at} = await ask('POST', `/routes/${id}/tile-token`);
    this.map.getSource('walk').setTiles([url_template]);
    for (const layer of this.walkLayers) {
      this.map.setLayoutProperty(layer, 'visibility', 'visible');
    }
    this.renewal = setTimeout(() => this.#openTiles(id), new Date(expires_at) - Date.now() - MARGIN);
  }
}
