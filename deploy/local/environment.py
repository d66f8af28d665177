"""The environment variables of the local stack's programs."""

from delivery.away.vapid_keys import public_key_of
from deploy.demo_shop.kinds import PICTURES
from deploy.local.data_folder import make_secret, make_vapid_key
from deploy.local.ports import HOST
from deploy.local.settings import LocalSettings


def shared_environment(settings: LocalSettings) -> dict[str, str]:
    """Return the variables of all programs of this stack. They take precedence over `.env`."""
    secret = settings.auth_jwt_secret
    vapid_key = make_vapid_key(settings.local_data)
    return {
        "PYTHONUNBUFFERED": "1",
        "AUTH_JWT_SECRET": secret.get_secret_value()
        if secret
        else make_secret(settings.local_data),
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{settings.local_kafka_port}",
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "KAFKA_SESSION_TIMEOUT_MS": str(settings.kafka_session_timeout_ms),
        "MONGO_URL": f"mongodb://{HOST}:{settings.local_mongo_port}/?replicaSet=rs0",
        "PRODUCER_API_HOST": HOST,
        "PRODUCER_API_PORT": str(settings.producer_api_port),
        "PRODUCER_API_URL": f"http://{HOST}:{settings.producer_api_port}",
        "DELIVERY_HOST": HOST,
        "DEMO_SHOP_PORT": str(settings.demo_shop_port),
        "CONSOLE_HOST": HOST,
        "CONSOLE_PORT": str(settings.console_port),
        "UI_PORT": str(settings.ui_port),
        "UI_IMAGE_HOSTS": f"{PICTURES} {settings.ui_image_hosts}".strip(),
        "CORS_ALLOWED_ORIGINS": ",".join(settings.origins),
        "AWAY_HOST": HOST,
        "AWAY_PORT": str(settings.away_port),
        "AWAY_VAPID_PRIVATE_KEY": vapid_key,
        "AWAY_VAPID_SUBJECT": "mailto:demo@example.com",
        "PRODUCER_API_VAPID_PUBLIC_KEY": public_key_of(vapid_key),
    }


def delivery_environment(port: int) -> dict[str, str]:
    """Return the variables of the delivery instance on this port."""
    return {"DELIVERY_PORT": str(port), "DELIVERY_ADVERTISED_URL": f"http://{HOST}:{port}"}
