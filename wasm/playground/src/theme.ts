/** Light, dark, or as the system has it. */

import { h } from "./dom.ts";

const order = ["system", "light", "dark"] as const;

type Theme = (typeof order)[number];

const signs: Readonly<Record<Theme, string>> = { system: "◐", light: "☀", dark: "☾" };

/** A button that goes from one to the next. */
export function themeButton(): HTMLElement {
  const stored = localStorage.getItem("pvefw:theme");
  let theme: Theme = order.find((known) => known === stored) ?? "system";
  const button = h("button", { type: "button", class: "plain" });
  const show = (): void => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = signs[theme];
    button.title = `Colours: ${theme}`;
    button.setAttribute("aria-label", `Colours: ${theme}`);
  };
  button.addEventListener("click", () => {
    theme = order[(order.indexOf(theme) + 1) % order.length] ?? "system";
    localStorage.setItem("pvefw:theme", theme);
    show();
  });
  show();
  return button;
}
