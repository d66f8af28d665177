"""Who may sign in to the demo."""

SHOPPERS = {"ana": "Ana García", "luis": "Luis Fernández", "carmen": "Carmen Ortiz"}
