/// <reference types="vite/client" />

declare module "pvefw/pvefw.wasm?url&inline" {
  const address: string;
  export default address;
}

declare module "pvefw/worker";
