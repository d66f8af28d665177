// The shop's own page, with a section per shopper and a line per order. No build, no framework.
const problem = document.querySelector('#problem');

async function call(path, body) {
  const options = body && {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  const json = await response.json();
  if (!response.ok) throw new Error(json.detail);
  return json;
}

function button(text, action) {
  const element = document.createElement('button');
  element.textContent = text;
  element.addEventListener('click', async () => {
    element.disabled = true;
    problem.textContent = '';
    try {
      await action();
    } catch (error) {
      problem.textContent = error.message;
    }
    element.disabled = false;
  });
  return element;
}

function line(order, refresh) {
  const item = document.createElement('li');
  const text = document.createElement('span');
  const index = order.states.findIndex((state) => state.id === order.state);
  text.textContent = `${order.id}: ${order.states[index].title}`;
  item.append(text);
  const next = order.states[index + 1];
  if (next) {
    const advance = async () => {
      await call(`/api/orders/${order.id}/advance`, {});
      await refresh();
    };
    item.append(button(`→ ${next.title}`, advance));
  }
  return item;
}

async function section(shopper) {
  const element = document.createElement('section');
  const title = document.createElement('h2');
  title.textContent = shopper.name;
  const list = document.createElement('ul');
  const refresh = async () => {
    const orders = await call(`/api/orders?user_id=${encodeURIComponent(shopper.user_id)}`);
    list.replaceChildren(...orders.map((order) => line(order, refresh)));
  };
  const place = async () => {
    await call('/api/orders', { user_id: shopper.user_id });
    await refresh();
  };
  element.append(title, button('Nuevo pedido', place), list);
  await refresh();
  return element;
}

const shoppers = await call('/api/shoppers');
document.querySelector('#shoppers').replaceChildren(...(await Promise.all(shoppers.map(section))));
