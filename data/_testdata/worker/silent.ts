/** The module of a worker that defines nothing, and stays. */
setInterval(() => {}, 1000);
