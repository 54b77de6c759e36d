// The map with tiles, where an address for them is set. Without one the page draws its own.

const place = document.querySelector("#map");
const map = L.map(place).setView([62.4, 25.6], 8);
L.tileLayer(place.dataset.tiles, {
  maxZoom: 19,
  attribution: "© OpenStreetMap",
}).addTo(map);

const points = await (await fetch(place.dataset.points)).json();
for (const { id, title, at } of points) {
  const link = document.createElement("a");
  link.href = `${place.dataset.page}${id}`;
  link.textContent = title; // never as markup: it comes from sources of others
  L.circleMarker(at, { radius: 7 }).addTo(map).bindPopup(link);
}
if (points.length) map.fitBounds(points.map(({ at }) => at), { padding: [20, 20], maxZoom: 12 });
