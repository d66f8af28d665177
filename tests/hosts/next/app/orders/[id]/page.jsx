export default async function Order({ params }) {
  return <h1>Order {(await params).id}</h1>;
}
