"""A walker who knows the service by its description alone; what it answers is held against that, field by field."""

import sys
import time
import uuid

import wildside_client as wildside

BASE, START, GPX_FILE = sys.argv[1:]


def header(answer: wildside.ApiResponse, name: str) -> str:
    return next(value for key, value in answer.headers.items() if key.lower() == name.lower())


def sign_up(api: wildside.ApiClient) -> wildside.Profile:
    body = wildside.SignUp(username=f"python-{time.time_ns()}", password=str(uuid.uuid4()))
    answer = wildside.UsersApi(api).sign_up_with_http_info(body)
    cookie = header(answer, "Set-Cookie").split(";")[0]
    api.configuration.api_key["session"] = cookie.removeprefix("session=")
    return answer.data


def ask(api: wildside.ApiClient, minutes: int) -> wildside.RouteView:
    routes = wildside.RoutesApi(api)
    start = wildside.Point(type="Point", coordinates=[float(part) for part in START.split(",")])
    accepted = routes.create_route(wildside.RouteRequest(start_location=start, duration_minutes=minutes))
    for _ in range(120):
        answer = routes.request_status_with_http_info(accepted.request_id)
        status = answer.data
        if status.status == wildside.RequestState.COMPLETE:
            return routes.show_route(status.route_id)
        assert status.status != wildside.RequestState.FAILED, status.error
        time.sleep(int(header(answer, "Retry-After")))
    raise TimeoutError("no walk in two minutes")


def check(api: wildside.ApiClient, route: wildside.RouteView) -> None:
    assert route.details.legs[0].steps[0].maneuver == wildside.Maneuver.DEPART
    assert route.generation_params.start_location.type == "Point"
    place = wildside.PlacesApi(api).poi(route.pois[0].id)
    assert place.osm_type in list(wildside.OsmType)
    assert all(place.tags.values())


def pages(api: wildside.ApiClient) -> list:
    ids, cursor = [], None
    while True:
        page = wildside.RoutesApi(api).my_routes(limit=1, cursor=cursor)
        ids += [route.id for route in page.data]
        cursor = page.next_cursor
        if cursor is None:
            return ids


def fetch_files(api: wildside.ApiClient, route: wildside.RouteView) -> None:
    routes = wildside.RoutesApi(api)
    with open(GPX_FILE, "wb") as file:
        file.write(routes.route_gpx(route.id))
    path, *others = routes.route_geojson(route.id).features
    assert path.properties.kind == "path" and path.id == str(route.id)
    of_kind = {kind: [other.id for other in others if other.properties.kind == kind] for kind in ("stop", "instruction")}
    assert of_kind["stop"] == [str(stop.id) for stop in route.pois]
    assert of_kind["instruction"] and len(others) == sum(map(len, of_kind.values())), others


def be_refused(api: wildside.ApiClient) -> None:
    try:
        nowhere = wildside.Point(type="Point", coordinates=[0.0, 0.0])
        wildside.RoutesApi(api).create_route(wildside.RouteRequest(start_location=nowhere, duration_minutes=60))
    except wildside.ApiException as refusal:
        fault = refusal.data.details[0]
        assert fault.code == wildside.FaultCode.OUTSIDE_COVERAGE and fault.covered, fault
    else:
        raise AssertionError("not refused")


with wildside.ApiClient(wildside.Configuration(host=BASE)) as client:
    profile = sign_up(client)
    assert profile.role == wildside.Role.USER
    assert wildside.PlacesApi(client).interest_themes()
    walks = [ask(client, 45), ask(client, 60)]
    for walk in walks:
        check(client, walk)
    assert pages(client) == [walk.id for walk in reversed(walks)]
    fetch_files(client, walks[1])
    be_refused(client)
    wildside.UsersApi(client).logout()
    print(f"Python: {' and '.join(str(round(walk.distance_metres)) for walk in walks)} m walked")
