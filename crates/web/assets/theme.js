// Light or dark by choice. Every page works without it.
(function () {
  var root = document.documentElement, key = "innerlectra-theme", want;
  try { want = localStorage.getItem(key); } catch (e) { /* no storage: follow the phone */ }
  if (want === "dark" || want === "light") root.dataset.theme = want;
  document.addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem(key, root.dataset.theme); } catch (e) { /* not kept, still shown */ }
    });
  });
})();
