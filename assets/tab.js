// Which page this is, told with every connection: one that comes back after a broken line goes on where it was, while a
// copy of the tab, which has all the rest in common with it, gets a state of its own.
(() => {
  const numbers = crypto.getRandomValues(new Uint8Array(16));
  const page = Array.from(numbers, (number) => number.toString(16).padStart(2, "0")).join("");
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(url, protocols) {
      const address = new URL(url, window.location.href);
      address.searchParams.set("page", page);
      super(address.href, protocols);
    }
  };
})();
