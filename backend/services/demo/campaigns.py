"""The campaigns themselves, newest first."""

from __future__ import annotations

from backend.domain.channels import Channel
from backend.domain.statuses import RunState
from backend.services.demo import scenarios as luck
from backend.services.demo.scenarios import Scenario

_EMAIL, _SMS, _WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
_SMS_EMAIL, _WHATSAPP_SMS, _ALL = Channel.SMS_EMAIL, Channel.WHATSAPP_SMS, Channel.WHATSAPP_SMS_EMAIL
_DRAFT = RunState.IDLE
_SITE = "https://example.org"

CAMPAIGNS: tuple[Scenario, ...] = (
    Scenario(
        "Mazal Tov Levy and Cohen families", _WHATSAPP, 0.1, ("Young adults",),
        "Mazal Tov! The Levy and Cohen families are happy to invite you to a kiddush after the service this Shabbat, "
        "in the main hall. Come and celebrate with them!",
        luck=luck.RECENT, links=(f"{_SITE}/kiddush",),
    ),
    Scenario(
        "Rosh Hashanah donations, second call", _EMAIL, 0.4, ("Members", "Donors", "Parents", "Board", "Seniors"),
        subject="Our Rosh Hashanah campaign is open", template="Rosh Hashanah campaign", run_state=_DRAFT,
        links=(f"{_SITE}/donate", f"{_SITE}/projects"), files=("Donation form.pdf",),
    ),
    Scenario(
        "Retrait des kits de soucca", _SMS, 0.6, ("Sukkah builders", "Youth"),
        "Rappel : votre kit de soucca est prêt. Retrait jeudi de 9h à 13h au centre. Merci de venir avec ce message.",
        run_state=RunState.SCHEDULED, starts_in_h=26, handled=0,
    ),
    Scenario(
        "Fin du jeûne, horaires", _WHATSAPP_SMS, 1.1, ("Members", "Voting members"),
        "Chers amis, Kippour se termine ce soir à 20h44. Arvit à 19h50 dans la grande salle, puis collation pour tous.",
        luck=luck.GOOD, links=(f"{_SITE}/horaires",),
    ),
    Scenario(
        "Yom Kippur service times", _SMS_EMAIL, 1.3, ("Members", "Talmud Torah", "Donors", "Parents"),
        "Yom Kippur service at 6 PM this Wednesday. Doors open at 5:15 PM, please be seated early. Gmar hatima tova!",
        subject="Yom Kippur service at 6 PM this Wednesday",
        html="<h2>Yom Kippur service</h2><p>Dear {{first_name}},</p><p>The service begins at <strong>6 PM this "
        "Wednesday</strong>. Doors open at 5:15 PM.</p><p>Gmar 'hatima tova!</p>",
        luck=luck.RECENT, links=(f"{_SITE}/kippur",), files=("Seating plan.pdf", "Service times.pdf"),
    ),
    Scenario(
        "Service moved to 10 AM", _SMS, 1.8, ("Members", "Seniors"),
        "Service exceptionally moved to 10 AM this Shabbat. Thank you for letting your neighbours know.",
        run_state=_DRAFT,
    ),
    Scenario(
        "La lettre de la semaine", _EMAIL, 2.2, ("Members", "Donors", "Volunteers"),
        subject="La lettre de Beth Shalom", template="Newsletter", luck=luck.RECENT,
        links=(f"{_SITE}/agenda", f"{_SITE}/cours", f"{_SITE}/dons"), files=("Calendrier.pdf", "Horaires.pdf"),
    ),
    Scenario(
        "Cours reporté", _SMS, 2.9, ("Talmud Torah", "Parents"),
        "Talmud Torah : le cours de mercredi est reporté à jeudi, 17h. Merci de prévenir les autres parents.",
        run_state=RunState.MISSED, starts_in_h=-50, handled=0,
    ),
    Scenario(
        "תפילת כל נדרי", _ALL, 3.4, ("Members", "Young adults"),
        "תפילת כל נדרי ביום רביעי בשעה 19:15. נא להגיע מוקדם. גמר חתימה טובה!",
        subject="תפילת כל נדרי", html="<p>{{prenomHE}}, תפילת כל נדרי ביום רביעי בשעה <strong>19:15</strong>.</p>",
        luck=luck.FAIR, links=(f"{_SITE}/kippur",),
    ),
    Scenario(
        "Rosh Hashanah, collecte", _SMS_EMAIL, 4.1,
        ("Donors", "Members", "Board", "Volunteers", "Seniors", "Parents"),
        "Notre campagne de Roch Hachana est ouverte : faites votre don avant la fête. Chana tova !",
        subject="Notre campagne de Roch Hachana est ouverte",
        html="<p>{{prenom}},</p><p>Notre campagne de Roch Hachana est ouverte : faites votre don avant la fête et "
        f'recevez votre reçu fiscal par email.</p><p><a href="{_SITE}/don">Faire un don</a></p><p>Chana tova !</p>',
        luck=luck.FAIR, links=(f"{_SITE}/don", f"{_SITE}/projets"),
    ),
    Scenario(
        "Convocation, relance", _SMS, 5.0, ("Voting members",),
        "Rappel : assemblée générale dimanche à 10h, grande salle. Le quorum compte sur vous, {{prenom}} !",
        run_state=RunState.PAUSED, handled=0.4,
    ),
    Scenario(
        "Soirée annuelle", _EMAIL, 5.6, ("Young adults", "Volunteers"), subject="Invitation : soirée de la communauté",
        template="Event invitation", run_state=_DRAFT, links=(f"{_SITE}/soiree",),
    ),
    Scenario(
        "Birthdays of the week", _WHATSAPP, 6.3, ("Birthdays",),
        "Happy birthday {{first_name}}! The whole community wishes you Mazal Tov, health and happiness until 120.",
        luck=luck.PERFECT, links=(f"{_SITE}/birthdays",),
    ),
    Scenario(
        "Assemblée générale", _EMAIL, 7.2, ("Voting members",), subject="Convocation à l'assemblée générale",
        template="General assembly", luck=luck.POOR,
        files=("Ordre du jour.pdf", "Comptes annuels.pdf", "Pouvoir.pdf"),
    ),
    Scenario(
        "Anciens numéros", _SMS, 8.5, ("Seniors", "Donors"),
        "Beth Shalom : merci de nous confirmer vos coordonnées au secrétariat, du lundi au jeudi, 9h-12h.",
        run_state=RunState.HALTED, luck=luck.HALTING, handled=0.18,
    ),
    Scenario(
        "Concert de Hanouka", _SMS_EMAIL, 9.4, ("Members", "Youth", "Young adults"),
        "Concert jeudi à 20h30 au centre. Places limitées, réservation sur le site.",
        subject="Concert jeudi à 20h30", html="<p>Concert <strong>jeudi à 20h30</strong> au centre.</p>",
        run_state=RunState.SCHEDULED, starts_in_h=75, handled=0, one_per_household=True, links=(f"{_SITE}/concert",),
    ),
    Scenario(
        "Registration reminder", _SMS, 10.6, ("Youth", "Parents"),
        "Reminder: your child's place at the weekend camp is confirmed. Bus leaves on Sunday at 8:15 AM sharp.",
    ),
    Scenario(
        "שנה טובה", _WHATSAPP, 12.2, ("Members", "Donors"),
        "שנה טובה ומתוקה {{prenomHE}}! קהילת בית שלום מאחלת לכם שנת בריאות, שלום ושמחה.",
        luck=luck.FAIR,
    ),
    Scenario(
        "Chana tova", _EMAIL, 12.4, (), subject="Chana tova de la part de Beth Shalom",
        html="<h2>Chana tova oumetouka !</h2><p>{{prenom}}, le conseil et les bénévoles de Beth Shalom vous "
        "souhaitent, à vous et à vos proches, une année douce, de santé et de paix.</p>"
        "<p dir='rtl'>לשנה טובה תיכתבו ותיחתמו</p>",
        luck=luck.GOOD, one_per_household=True, links=(f"{_SITE}/voeux",),
    ),
    Scenario(
        "Kippour, nombre de places", _SMS, 13.8, ("Members",),
        "Il reste quelques places pour Kippour. Répondez au secrétariat avant mardi midi.", run_state=_DRAFT,
    ),
    Scenario(
        "Panne de chauffage", _SMS, 15.0, ("Talmud Torah", "Parents", "Volunteers"),
        "Le centre est fermé ce soir (panne de chauffage). L'office a lieu salle Rachi, même heure.",
        run_state=RunState.CANCELLED, handled=0.55,
    ),
    Scenario(
        "Sukkah building evening", _WHATSAPP_SMS, 16.3, ("Sukkah builders", "Volunteers"),
        "We build the community sukkah on Thursday from 6 PM. Bring gloves, {{first_name}}; soup is on us.",
        luck=luck.FAIR,
    ),
    Scenario(
        "Ancienne liste de dons", _EMAIL, 17.9, ("Donors", "Seniors"), subject="Votre reçu fiscal",
        html="<p>{{full_name}},</p><p>Votre reçu fiscal est disponible au secrétariat.</p>", luck=luck.BAD,
        files=("Notice.pdf",),
    ),
    Scenario(
        "Rosh Hashanah campaign", _EMAIL, 19.5, ("Members", "Donors", "Board"),
        subject="Our Rosh Hashanah campaign is open", template="Rosh Hashanah campaign",
        links=(f"{_SITE}/donate", f"{_SITE}/projects", f"{_SITE}/thanks"), files=("Donation form.pdf", "Projects.pdf"),
    ),
    Scenario(
        "Board meeting", _SMS, 21.1, ("Board",), "Board meeting on Tuesday at 8 PM, library. Minutes will follow.",
        luck=luck.PERFECT,
    ),
    Scenario(
        "Portes ouvertes du Talmud Torah", _ALL, 22.8, ("Talmud Torah", "Parents", "Youth"),
        "Portes ouvertes du Talmud Torah mercredi de 14h à 18h : venez avec vos enfants !",
        subject="Portes ouvertes du Talmud Torah",
        html="<p>{{prenom}},</p><p>Portes ouvertes mercredi de 14h à 18h : classes, jeux et goûter.</p>",
        luck=luck.FAIR, links=(f"{_SITE}/talmud-torah",), files=("Programme.pdf",),
    ),
    Scenario(
        "Appel aux bénévoles", _SMS, 24.7, ("Volunteers", "Young adults"),
        "Paniers solidaires : il nous manque 6 personnes dimanche de 9h à 12h. Réponse au 01 99 00 12 34. Merci !",
        luck=luck.FAIR,
    ),
    Scenario(
        "Lettre aux parents", _EMAIL, 26.0, ("Parents", "Talmud Torah"), subject="Rentrée du Talmud Torah",
        html="<p>Chers parents,</p><p>La rentrée a lieu mercredi à 14h. Merci d'apporter la fiche sanitaire.</p>",
        run_state=_DRAFT, files=("Fiche sanitaire.pdf",),
    ),
    Scenario(
        "La lettre du mois", _EMAIL, 28.2, ("Members", "Donors"), subject="La lettre de Beth Shalom",
        template="Newsletter", luck=luck.FAIR, links=(f"{_SITE}/agenda",),
    ),
    Scenario(
        "Talit and tefillin check", _WHATSAPP, 30.5, ("Young adults", "Youth"),
        "The sofer is with us on Sunday, 10 AM to 1 PM: have your tefillin and mezuzot checked.", luck=luck.POOR,
    ),
    Scenario(
        "Service exceptionally moved", _SMS, 32.1, ("Members", "Seniors", "Voting members"),
        "Service exceptionally moved to 10 AM this Shabbat because of the marathon. Shabbat Shalom!",
        luck=luck.Luck(failed=0.03, refused=0.005, lost=0.004),
    ),
    Scenario(
        "Mazal Tov", _EMAIL, 34.4, ("Birthdays",), subject="Mazal Tov, {{first_name}}!", template="Mazal Tov",
        luck=luck.PERFECT,
    ),
    Scenario(
        "Collecte alimentaire", _SMS_EMAIL, 37.0, ("Volunteers", "Donors"),
        "Collecte alimentaire dimanche 9h-17h devant le centre. Huile, riz et conserves bienvenus.",
        subject="Collecte alimentaire dimanche", html="<p>Collecte alimentaire dimanche de 9h à 17h.</p>",
        luck=luck.FAIR,
    ),
    Scenario(
        "Shiur of the week", _WHATSAPP_SMS, 39.3, ("Young adults",),
        "Shiur on Tuesday at 8:30 PM: 'Who is rich?', with Rabbi Adler. Tea and cake from 8 PM.",
    ),
    Scenario(
        "Invitation à la soirée", _EMAIL, 41.6, ("Young adults", "Volunteers", "Board"),
        subject="Invitation : soirée de la communauté", template="Event invitation", luck=luck.POOR,
        links=(f"{_SITE}/soiree",),
    ),
    Scenario(
        "Opérateur bloqué", _SMS, 44.2, ("Youth",),
        "Sortie de dimanche : rendez-vous à 8h45 devant le centre, pique-nique cacher fourni.",
        luck=luck.Luck(failed=0.97, read=0),
    ),
    Scenario(
        "הרצאה בעברית", _SMS_EMAIL, 47.5, ("Seniors", "Board"),
        "הרצאה בעברית ביום שני בשעה 20:00 בספרייה. הכניסה חופשית.",
        subject="הרצאה בעברית", html="<p>הרצאה בעברית ביום שני בשעה 20:00 בספרייה.</p>", luck=luck.GOOD,
    ),
    Scenario(
        "Draft of the holiday calendar", _EMAIL, 50.3, ("Members",), subject="Holiday calendar",
        html="<p>Dear {{first_name}}, please find the calendar of the holidays attached.</p>", run_state=_DRAFT,
        files=("Calendar.pdf",),
    ),
    Scenario(
        "Camp d'été, souvenirs", _EMAIL, 53.1, ("Youth", "Parents"), subject="Les photos du camp d'été",
        html=f'<p>{{{{prenom}}}}, les photos du camp sont en ligne : <a href="{_SITE}/photos">les voir</a>.</p>',
        luck=luck.GOOD, links=(f"{_SITE}/photos",),
    ),
    Scenario(
        "Carte de membre", _SMS, 55.7, ("Members",), "Votre carte de membre est prête au secrétariat.",
        run_state=_DRAFT,
    ),
    Scenario(
        "Simhat Torah", _WHATSAPP_SMS, 57.4, ("Members", "Parents", "Youth"),
        "Simhat Torah : hakafot mardi à 19h30, ambiance et bonbons pour les enfants garantis !", luck=luck.FAIR,
    ),
    Scenario(
        "Carte de vœux", _WHATSAPP, 59.2, ("Donors", "Board"),
        "Toute l'équipe vous remercie de votre fidélité, {{prenom}}, et vous souhaite un bel été.", run_state=_DRAFT,
    ),
)  # fmt: skip
