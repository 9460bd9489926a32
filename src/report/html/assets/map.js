// The live map: pictures and outlines that the page holds, a slider between before and after, switches for layers.
"use strict";
(() => {
  if (!window.L) { return; } // the still panels stay
  const live = document.getElementById("map-live");
  const data = JSON.parse(document.getElementById("map-data").textContent);
  document.documentElement.classList.add("scripted");
  live.hidden = false;

  const corners = ([west, south, east, north]) => [[south, west], [north, east]];
  const map = L.map("map", {
    attributionControl: false, zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false,
    inertia: false, zoomSnap: 0.25, maxZoom: 19, scrollWheelZoom: false,
  });
  L.control.scale({ imperial: false }).addTo(map);
  for (const [name, height] of [["before", 250], ["after", 240], ["layer", 300], ["outline", 400]]) {
    map.createPane(name).style.zIndex = height;
  }

  const pictures = data.overlays.map((overlay, number) => {
    const still = document.getElementById(`overlay-${number}`);
    const picture = L.imageOverlay(still.src, corners(overlay.bounds),
      { pane: overlay.role, alt: still.alt, className: "pixels" });
    return overlay.shown ? picture.addTo(map) : picture;
  });

  const described = ({ id, properties }) => {
    const list = document.createElement("dl");
    const facts = [["id", id], ...Object.entries(properties || {})];
    for (const [name, value] of facts.filter(([, value]) => ["string", "number", "boolean"].includes(typeof value)).slice(0, 12)) {
      list.appendChild(document.createElement("dt")).textContent = name;
      list.appendChild(document.createElement("dd")).textContent = String(value);
    }
    return list;
  };
  const objects = L.geoJSON(data.objects, {
    pane: "outline",
    style: { className: "object" },
    pointToLayer: (_, place) => L.circleMarker(place, { pane: "outline", radius: 5, className: "object" }),
    onEachFeature: (feature, layer) => layer.bindPopup(() => described(feature)),
  });
  const area = L.layerGroup(["area-seam", "area"].map((className) =>
    L.geoJSON(data.area, { pane: "outline", interactive: false, style: { className, fill: false } })));
  const outlines = { area, objects };
  objects.addTo(map);
  area.addTo(map);

  // The closest view that shows the whole area and, as far as that allows, no ground without a picture.
  const whole = L.latLngBounds(corners(data.bounds));
  const around = L.geoJSON(data.area).getBounds().pad(0.15);
  const zoom = Math.min(map.getBoundsZoom(around), map.getBoundsZoom(whole, true));
  map.setView(around.getCenter(), Math.max(zoom, map.getBoundsZoom(whole)), { animate: false });
  map.panInsideBounds(whole, { animate: false });
  map.setMinZoom(map.getZoom() - 2);
  map.setMaxBounds(whole.pad(1));
  map.getContainer().addEventListener("focusin", () => map.scrollWheelZoom.enable());
  map.getContainer().addEventListener("focusout", () => map.scrollWheelZoom.disable());

  const slider = document.getElementById("slider");
  const divider = document.getElementById("divider");
  const compare = () => {
    const size = map.getSize();
    const cut = size.x * slider.value / 100;
    const [top, middle, end] = [[0, 0], [cut, 0], [size.x, size.y]].map((at) => map.containerPointToLayerPoint(at));
    const box = (left, right) => `polygon(${left}px ${top.y}px, ${right}px ${top.y}px, ${right}px ${end.y}px, ${left}px ${end.y}px)`;
    map.getPane("before").style.clipPath = box(top.x, middle.x);
    map.getPane("after").style.clipPath = box(middle.x, end.x);
    divider.style.left = `${cut}px`;
    slider.setAttribute("aria-valuetext", `${slider.value} % of the width shows the picture before`);
  };
  if (slider) {
    divider.hidden = false;
    slider.addEventListener("input", compare);
    map.on("move zoom resize viewreset", compare);
    compare();
  }

  live.addEventListener("change", ({ target }) => {
    const layer = target.dataset.overlay ? pictures[target.dataset.overlay] : outlines[target.dataset.outline];
    if (layer) {
      if (target.checked) { layer.addTo(map); } else { layer.remove(); }
    }
  });
})();
