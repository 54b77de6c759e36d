// What the pages can't do with links and forms alone.

// The menu stands open beside a wide page, and is folded above a narrow one.
const narrow = matchMedia("(max-width: 860px)");
const menu = document.querySelector(".menu");
const fold = () => { menu.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();
