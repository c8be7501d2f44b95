(function () {
  var root = document.documentElement;
  var button = document.getElementById("theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function stored() { try { return localStorage.getItem("practicum-theme"); } catch (error) { return null; } }
  function keep(value) { try { localStorage.setItem("practicum-theme", value); } catch (error) { return; } }
  function dark() { return (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark"; }
  function show() { button.setAttribute("aria-pressed", String(dark())); }
  var chosen = stored();
  if (chosen === "dark" || chosen === "light") { root.dataset.theme = chosen; }
  button.hidden = false;
  button.addEventListener("click", function () {
    root.dataset.theme = dark() ? "light" : "dark";
    keep(root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  show();
})();
