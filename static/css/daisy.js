// daisyUI without its rule for buttons in prose: that one rule has every change of a class restyle all that lies within.
import daisyui from "daisyui";

function lean(styles) {
  return Object.fromEntries(Object.entries(styles).filter(([selector]) => !selector.includes(".prose")));
}

function library(options) {
  const { handler, config } = daisyui(options);
  return { handler: (api) => handler({ ...api, addComponents: (styles) => api.addComponents(lean(styles)) }), config };
}

library.__isOptionsFunction = true;
export default library;
