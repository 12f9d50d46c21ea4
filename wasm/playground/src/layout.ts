/** Panes that can be resized, and tabs. */

import { h } from "./dom.ts";

/**
 * A bar between two panes. Drag it, or use the arrow keys; Home goes back to how it was.
 *
 * @param target has the custom property
 * @param property takes the size in pixels
 * @param sign whether dragging to the right (or down) makes it larger (1) or smaller (-1)
 */
export function splitter(
  target: HTMLElement,
  property: string,
  label: string,
  sign: 1 | -1,
  across = false,
): HTMLElement {
  const stored = localStorage.getItem(`pvefw:${property}`);
  if (stored !== null) target.style.setProperty(property, stored);
  const bar = h("div", {
    class: across ? "splitter across" : "splitter",
    role: "separator",
    "aria-label": label,
    "aria-orientation": across ? "horizontal" : "vertical",
    "aria-valuenow": 50,
    tabindex: 0,
  });
  const pane = (): Element | null => (sign === 1 ? bar.previousElementSibling : bar.nextElementSibling);
  const size = (): number => {
    const box = pane()?.getBoundingClientRect();
    return (across ? box?.height : box?.width) ?? 0;
  };
  const room = (): number => {
    const parent = bar.parentElement?.getBoundingClientRect();
    return (across ? parent?.height : parent?.width) ?? 1000;
  };
  const tell = (pixels: number): void => {
    bar.setAttribute("aria-valuenow", String(Math.round((100 * pixels) / room())));
  };
  const set = (pixels: number): void => {
    const value = Math.round(Math.min(Math.max(pixels, 60), room() * 0.75));
    target.style.setProperty(property, `${value}px`);
    tell(value);
    localStorage.setItem(`pvefw:${property}`, `${value}px`);
  };
  bar.addEventListener("pointerdown", (down) => {
    bar.setPointerCapture(down.pointerId);
    const [start, from] = [size(), across ? down.clientY : down.clientX];
    const move = (event: PointerEvent): void => {
      set(start + sign * ((across ? event.clientY : event.clientX) - from));
    };
    bar.addEventListener("pointermove", move);
    bar.addEventListener(
      "lostpointercapture",
      () => {
        bar.removeEventListener("pointermove", move);
      },
      { once: true },
    );
  });
  bar.addEventListener("keydown", (event) => {
    const [less, more] = across ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    if (event.key === less) set(size() - sign * 24);
    else if (event.key === more) set(size() + sign * 24);
    else if (event.key === "Home") {
      target.style.removeProperty(property);
      localStorage.removeItem(`pvefw:${property}`);
      tell(size());
    } else return;
    event.preventDefault();
  });
  return bar;
}

/** One of several panels in the same place. */
export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly panel: HTMLElement;
  /** Called when it comes into sight. */
  readonly shown?: () => void;
}

/** Tabs, and a way to choose one. */
export function tabs(
  label: string,
  all: readonly Tab[],
): { list: HTMLElement; panels: HTMLElement; show: (id: string) => void } {
  const buttons = all.map((tab) =>
    h("button", { type: "button", role: "tab", id: `tab-${tab.id}`, "aria-controls": `panel-${tab.id}` }, tab.label),
  );
  const show = (id: string): void => {
    for (const [index, tab] of all.entries()) {
      const chosen = tab.id === id;
      const button = buttons[index];
      button?.setAttribute("aria-selected", String(chosen));
      if (button !== undefined) button.tabIndex = chosen ? 0 : -1;
      tab.panel.hidden = !chosen;
      if (chosen) tab.shown?.();
    }
  };
  for (const [index, button] of buttons.entries()) {
    const choose = (at: number): void => {
      const tab = all[(at + all.length) % all.length];
      if (tab !== undefined) show(tab.id);
      buttons[(at + all.length) % all.length]?.focus();
    };
    button.addEventListener("click", () => {
      choose(index);
    });
    button.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight") choose(index + 1);
      else if (event.key === "ArrowLeft") choose(index - 1);
    });
  }
  for (const tab of all) {
    tab.panel.id = `panel-${tab.id}`;
    tab.panel.setAttribute("role", "tabpanel");
    tab.panel.setAttribute("aria-labelledby", `tab-${tab.id}`);
    tab.panel.tabIndex = 0;
  }
  const panels = h("div", { class: "panels" }, ...all.map((tab) => tab.panel));
  return { list: h("div", { role: "tablist", "aria-label": label }, ...buttons), panels, show };
}
