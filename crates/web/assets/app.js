// Light or dark by choice, live figures, offline reading. Every page works without it.
(function () {
  var doc = document, root = doc.documentElement, key = "innerlectra-theme", want;
  try { want = localStorage.getItem(key); } catch (e) { /* no storage: follow the phone */ }
  if (want === "dark" || want === "light") root.dataset.theme = want;

  var MINUTE = 6e4, source, last = "", heardAt = Date.now(), spokenAt = 0, wholeAt = Date.now();
  var saves = !!(navigator.connection && navigator.connection.saveData);

  function byId(id) { return doc.getElementById(id); }
  function each(list, what) { Array.prototype.forEach.call(list, what); }

  function put(id, text) {
    var at = byId(id);
    if (at && at.textContent !== text) at.textContent = text;
  }

  // A part of a bar: its rectangles, and its icon in the middle. Hundredths of a per cent.
  function part(name, x, width) {
    each(doc.querySelectorAll('[data-part="' + name + '"]'), function (at) {
      each(at.querySelectorAll("rect:not(.plate)"), function (r) {
        r.setAttribute("x", x / 100 + "%");
        r.setAttribute("width", width / 100 + "%");
      });
      var icon = at.querySelector("svg");
      if (icon) icon.setAttribute("x", (x + width / 2) / 100 + "%");
    });
  }

  // A live region speaks at most once a minute, and only when the sentence is another one.
  function speak(text) {
    var at = byId("live-say");
    if (!at || Date.now() - spokenAt < MINUTE || at.dataset.said === text) return;
    if (at.dataset.said) at.textContent = text;
    at.dataset.said = text;
    spokenAt = Date.now();
  }

  function old(is) {
    doc.body.classList.toggle("is-old", is);
    var stamp = byId("stamp");
    if (stamp) stamp.classList.toggle("stamp--old", is);
  }

  function change(event) {
    heardAt = Date.now();
    last = event.lastEventId || last;
    var main = byId("main"), news = JSON.parse(event.data), name;
    for (name in news.text) put(name, news.text[name]);
    old(!!news.old);
    speak(news.text.now || "");
    if (news.shape !== main.dataset.shape || (!saves && Date.now() - wholeAt > 15 * MINUTE)) return whole(main);
    for (name in news.part) part(name, news.part[name][0], news.part[name][1]);
  }

  // What small changes cannot say: the page again, unless the reader is in the middle of something.
  function whole(main) {
    if (main.contains(doc.activeElement) && doc.activeElement !== main) return;
    var typed = false;
    each(main.querySelectorAll("input:not([type=hidden])"), function (f) { typed = typed || f.value !== f.defaultValue || f.checked !== f.defaultChecked; });
    if (typed) return;
    wholeAt = Date.now();
    fetch(location.href, { credentials: "same-origin" }).then(function (a) { return a.ok && !a.redirected ? a.text() : ""; }).then(function (text) {
      var next = text && new DOMParser().parseFromString(text, "text/html").getElementById("main");
      if (!next) return;
      var open = [];
      each(main.querySelectorAll("details"), function (d) { open.push(d.open); });
      each(next.querySelectorAll("details"), function (d, i) { d.open = !!open[i]; });
      main.innerHTML = next.innerHTML;
      main.dataset.shape = next.dataset.shape;
    }).catch(function () { /* the next event tries again */ });
  }

  function listen() {
    var main = byId("main"), url = main && main.dataset.live;
    if (!url || !window.EventSource) return;
    last = main.dataset.after || "";
    function close() {
      if (source) source.close();
      source = null;
    }
    function open() {
      if (source || doc.hidden) return;
      source = new EventSource(url + "?after=" + encodeURIComponent(last) + (saves ? "&slow=1" : ""));
      source.onmessage = change;
      source.onopen = function () { heardAt = Date.now(); };
      source.addEventListener("end", close);
    }
    doc.addEventListener("visibilitychange", function () { if (doc.hidden) close(); else open(); });
    setInterval(function () {
      if (source && source.readyState === 1) heardAt = Date.now();
      else if (Date.now() - heardAt > 15 * MINUTE) old(true);
    }, MINUTE);
    open();
  }

  doc.addEventListener("DOMContentLoaded", function () {
    var button = byId("theme");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", function () {
        var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
        try { localStorage.setItem(key, root.dataset.theme); } catch (e) { /* not kept, still shown */ }
      });
    }
    each(doc.querySelectorAll("button[data-print]"), function (b) {
      b.hidden = false;
      b.addEventListener("click", function () { print(); });
    });
    listen();
    if (root.dataset.offline && navigator.serviceWorker) navigator.serviceWorker.register("/app/offline.js", { scope: "/" }).catch(function () { /* online only */ });
  });
})();
