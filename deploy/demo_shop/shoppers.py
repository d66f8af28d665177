"""The shoppers of the demo, by user id."""

SHOPPERS = {"ana": "Ana García", "luis": "Luis Fernández", "carmen": "Carmen Ortiz"}
