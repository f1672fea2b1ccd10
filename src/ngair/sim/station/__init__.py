"""A charger of its own on its MQTT link, with every behaviour that the field is unsure about."""
